import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import picomatch from "picomatch";
import { describe, expect, it, vi } from "vitest";
import { commandTable } from "../../../src/hosts/extension/commands.ts";
import { doneKeys } from "../../../src/hosts/extension/walkthrough.ts";
import { formatFor } from "../../../src/prompt/registry.ts";

// Of the editor, only what the table of commands needs to be read.
vi.mock("vscode", () => ({ Uri: { from: () => null } }));

const root = new URL("../../../", import.meta.url);
const texts: Readonly<Record<string, string>> = JSON.parse(
  readFileSync(new URL("package.nls.json", root), "utf8"),
);
const keyed = JSON.parse(readFileSync(new URL("package.json", root), "utf8"));
/** As an editor reads it. */
const manifest = JSON.parse(JSON.stringify(keyed), (_, value) => texts[keyIn(value) ?? ""] ?? value);

/** The key of a text that stands elsewhere. */
function keyIn(value: unknown): string | undefined {
  return typeof value === "string" ? /^%(.+)%$/.exec(value)?.[1] : undefined;
}

interface Step {
  readonly id: string;
  readonly description: string;
  readonly media: { readonly image: Readonly<Record<string, string>>; readonly altText: string };
  readonly completionEvents: readonly string[];
}
const walkthroughSteps: readonly Step[] = manifest.contributes.walkthroughs[0].steps;
const source = (name: string) => readFileSync(new URL(`src/hosts/extension/${name}`, root), "utf8");

describe("manifest", () => {
  it("contributes exactly the commands that are registered, with their icons", () => {
    expect(commandTable.length).toBeGreaterThan(0);
    expect(keyed.contributes.commands).toEqual(
      commandTable.map(({ id, icon }) => ({
        command: id,
        title: `%commands.${id.split(".")[1]}%`,
        category: "%commands.category%",
        ...(icon !== undefined && { icon }),
      })),
    );
  });

  it("leaves every text that an editor shows to package.nls.json, which holds no other", () => {
    const { contributes, capabilities, displayName, description } = keyed;
    const shown = ["title", "category", "name", "contextualTitle", "contents", "description", "altText"];
    shown.push("markdownDescription", "patternErrorMessage", "displayName", "enumDescriptions", "label");
    const plain: string[] = [];
    const used = new Set<string>();
    const look = (name: string, value: unknown): unknown => {
      const key = keyIn(value);
      if (key !== undefined) used.add(key);
      else if (shown.includes(name) && typeof value !== "object") plain.push(`${name}: ${value}`);
      return value;
    };
    JSON.stringify({ contributes, capabilities, displayName, description }, look);
    expect(plain).toEqual([]);
    expect([...used].sort()).toEqual(Object.keys(texts).sort());
  });

  it("names no command anywhere that is not registered", () => {
    const rest = {
      ...manifest,
      contributes: { ...manifest.contributes, configuration: null, commands: null },
    };
    const sources = readdirSync(fileURLToPath(new URL("src/hosts/extension/", root)))
      .filter((file) => file.endsWith(".ts"))
      .map(source);
    // Beside those of the palette, some that only a view calls.
    const own = sources.flatMap((text) => [...text.matchAll(/registerCommand\("(promptCacheLens\.\w+)"/g)]);
    const known = new Set([...commandTable.map(({ id }) => id), ...own.map(([, id]) => id!)]);
    const linked = [...JSON.stringify(rest).matchAll(/ommand(?:":")?:?(promptCacheLens\.\w+)/g)].map(
      ([, id]) => id!,
    );
    const shown = sources
      .flatMap((text) => [...text.matchAll(/command(?:: | = |s: \[)"(promptCacheLens\.\w+)"/gi)])
      .map(([, id]) => id!);
    expect(linked.length).toBeGreaterThan(0);
    expect(shown.length).toBeGreaterThan(0);
    expect([...linked, ...shown].filter((id) => !known.has(id))).toEqual([]);
  });

  it("says by its titles what the settings page and the pickers promise", () => {
    const settings = JSON.stringify(manifest.contributes.configuration);
    const named = [...settings.matchAll(/\*\*Prompt Cache: ([^*]+)\*\*/g)].map(([, title]) => title!);
    expect(named.length).toBe(4);
    const titles = manifest.contributes.commands.map(({ title }: { title: string }) => title);
    expect(named.filter((title) => !titles.includes(title))).toEqual([]);
  });

  it("has steps that end by what happens", () => {
    const commandsThere = commandTable.map(({ id }) => `onCommand:${id}`);
    const settingsThere = Object.keys(manifest.contributes.configuration.properties).map(
      (key) => `onSettingChanged:${key}`,
    );
    const contexts = doneKeys.map((key) => `onContext:promptCacheLens.${key}`);
    const events = [...commandsThere, ...settingsThere, ...contexts];
    for (const { id, completionEvents, description, media } of walkthroughSteps) {
      expect(completionEvents.length, id).toBeGreaterThan(0);
      for (const event of completionEvents) expect(events, id).toContain(event);
      for (const [, command] of description.matchAll(/\(command:([\w.]+)\)/g))
        expect(commandsThere, id).toContain(`onCommand:${command}`);
      expect(Object.keys(media.image).toSorted()).toEqual(["dark", "hc", "hcLight", "light"]);
      expect(media.altText.length).toBeGreaterThan(20);
    }
    expect(walkthroughSteps.map(({ id }) => id).slice(0, 2)).toEqual(["worst", "scenario"]);
  });

  it("names files that are there", () => {
    const steps = walkthroughSteps.flatMap(({ media }) => Object.values(media.image));
    const { jsonValidation, views, viewsContainers } = manifest.contributes;
    const icons = [...viewsContainers.activitybar, ...views.promptCacheLens].map(({ icon }) => icon);
    const files = [manifest.icon, ...icons, ...steps, jsonValidation[0].url];
    for (const file of files) expect(existsSync(new URL(file, root)), file).toBe(true);
  });

  it("starts in workspaces with any prompt format", () => {
    const globs = (manifest.activationEvents as string[])
      .filter((event) => event.startsWith("workspaceContains:"))
      .map((event) => event.slice("workspaceContains:".length));
    const starts = picomatch(globs, { dot: true });
    const paths = [
      "promptcache.json",
      "sub/AGENTS.md",
      "a/b.prompty",
      "a/b.prompt",
      "a/system.j2",
      "prompts/x.txt",
      "prompts/deep/x.md",
      "src/summary_prompt.txt",
      "app/prompts.py",
      "src/systemPrompt.ts",
      "agents/prompts/triage.yaml",
      "evals/promptfooconfig.yaml",
      "baml_src/main.baml",
      "Plugins/Poem/skprompt.txt",
      ".github/instructions/a.instructions.md",
      ".cursor/rules/style.mdc",
      ".claude/commands/review.md",
      "skills/pdf/SKILL.md",
    ];
    for (const path of paths) {
      if (path !== "promptcache.json") expect(formatFor(path), path).not.toBeNull();
      expect(starts(path), path).toBe(true);
    }
  });

  it("activates as a list of at most 40 lines", () => {
    const body = source("activate.ts").split("export function activate")[1]!.split("\n}\n")[0]!;
    expect(body.split("\n").length).toBeLessThanOrEqual(40);
  });

  it("keeps files short", () => {
    const folder = fileURLToPath(new URL("src/hosts/extension/", root));
    for (const name of readdirSync(folder).filter((file) => file.endsWith(".ts"))) {
      expect(source(name).split("\n").length, name).toBeLessThanOrEqual(320);
    }
  });
});
