/** Hints in the forms that servers take: what is proposed is what the server would find. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv } from "ajv";
import { describe, expect, test } from "vitest";
import { type EngineHints, engineHintSteps } from "../../../src/analysis/advice/engine-hints.ts";
import { shapeOf, withMarkers } from "../../../src/analysis/advice/hint-markers.ts";
import { type HintsInput, hintSteps, littleEndian } from "../../../src/analysis/advice/hints.ts";
import { hintIntakes } from "../../../src/core/policies/hint-intakes.ts";
import { drain } from "../../../src/core/steps.ts";
import { engineHintsText } from "../../../src/show/engine-hints-text.ts";
import { policyText } from "../../support/analyze.ts";
import { parseTools } from "../../support/parse-tools.ts";
import { prepareAdvice } from "./prepare.ts";

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
const marker = "<|mamba_checkpoint|>";
const model = "ibm-granite/granite-4.0-h-small";
const rules = policyText(60);

const indented = (text: string) => text.replace(/^(?=.)/gm, "  ");

type Hints<K extends EngineHints["hints"]["kind"]> = EngineHints["hints"] & { readonly kind: K };

function engineHints(id: string, files: Readonly<Record<string, string>>, settings = {}) {
  const { documents, ...prepared } = prepareAdvice(files, { model, ...settings }, parseTools);
  const input: HintsInput = { ...prepared, chatTemplate: "as the model's" };
  const own = drain(hintSteps(input));
  const intake = hintIntakes.find((each) => each.id === id)!;
  const all = drain(
    engineHintSteps(
      {
        prepared,
        known: prepared.known,
        hints: own,
        documentAt: documents.documentAt.bind(documents),
        withTexts: documents.withTexts.bind(documents),
      },
      intake,
    ),
  );
  return { all, own, prepared, documents };
}

function hintsOf<K extends EngineHints["hints"]["kind"]>(
  kind: K,
  id: string,
  files: Readonly<Record<string, string>>,
  settings = {},
) {
  const found = engineHints(id, files, settings);
  const { hints } = found.all;
  if (hints.kind !== kind) throw new Error(`${id} gives ${hints.kind}`);
  return { ...found, hints: hints as Hints<K> };
}

const marked = (files: Readonly<Record<string, string>>, settings = {}) =>
  hintsOf("marker", "vllm-marker", files, settings);
const bounded = (files: Readonly<Record<string, string>>, settings = {}) =>
  hintsOf("instructions", "vllm-boundaries", files, settings);

test("every form says how far it has come, when that was read, and where", () => {
  for (const { id } of hintIntakes) {
    const { all, documents } = engineHints(id, {});
    expect(all.intake.readOn).toMatch(/^2026-\d\d-\d\d$/);
    const [first = "", second = ""] = engineHintsText(all, []).split("\n");
    expect(first).toContain(`: ${all.intake.status}. `);
    expect(second).toContain(all.intake.sources[0]);
    expect(all.intake.asOf <= all.intake.readOn).toBe(true);
    expect(documents.documentAt("nothing")).toBeNull();
  }
});

test("a model of attention alone is told that it needs none", () => {
  for (const { id } of hintIntakes) {
    const { all } = engineHints(id, {}, { model: "Qwen/Qwen3-8B" });
    expect(all.hasStates).toBe(false);
    expect(engineHintsText(all, [])).toContain("any token of a prefix can be resumed");
    const hybrid = engineHints(id, {}).all;
    expect(hybrid.hasStates).toBe(true);
    expect(engineHintsText(hybrid, [])).not.toContain("any token of a prefix can be resumed");
  }
});

test("all of them fit their schema", () => {
  const path = join(import.meta.dirname, "../../../schemas/engine-hints.schema.json");
  const validate = new Ajv({ strict: true }).compile(JSON.parse(readFileSync(path, "utf8")));
  const files = {
    "prompts/a.j2": `${rules}\n{{ question }}`,
    "prompts/b.prompty": `system:\n${rules}\n\nuser:\n{{question}}\n`,
  };
  for (const { id } of hintIntakes) {
    validate(engineHints(id, files).all);
    expect(validate.errors).toBeNull();
  }
});

describe("the marker", () => {
  test.each([
    ["Jinja", "prompts/a.j2", `${rules}\nCustomer: {{ customer }}\n{{ question }}`],
    ["Jinja that trims", "prompts/a.j2", `${rules}\n\n{%- if vip -%} VIP {%- endif %}\n{{ question }}`],
    ["Jinja with an include in front", "prompts/a.j2", `{% include "rules.j2" %}\nQ: {{ question }}`],
    ["Jinja in roles", "prompts/a.j2", `system:\n${rules}\n\nuser:\n{{ question }}\n`],
    ["Handlebars", "prompts/a.hbs", `${rules}\n{{~#if vip}}VIP{{/if}} {{question}}`],
    [
      "Handlebars in messages",
      "prompts/a.hbs",
      `{{#message role="system"}}${rules}{{/message}}\n{{#message role="user"}}{{question}}{{/message}}`,
    ],
    ["Mustache", "prompts/a.mustache", `${rules}\n{{#vip}}VIP{{/vip}}\n{{question}}`],
    ["Liquid", "prompts/a.liquid", `${rules}\n{% if vip %}VIP{% endif %}\n{{ question }}`],
    ["Prompty", "prompts/a.prompty", `---\nname: a\n---\nsystem:\n${rules}\n\nuser:\n{{question}}\n`],
    ["Dotprompt", "prompts/a.prompt", `{{role "system"}}\n${rules}\n{{role "user"}}\n{{question}}\n`],
    [
      "Markdown with variables",
      ".github/prompts/a.prompt.md",
      `---\nmode: agent\n---\n# Rules\n${rules}\n\nNow: \${input:question}\n`,
    ],
    [
      "YAML",
      "prompts/a.yaml",
      `system_prompt: |\n${indented(`${rules}\nFor {{ customer }}.\n{{ question }}`)}\n`,
    ],
    [
      "YAML in quotes",
      "prompts/a.yaml",
      `system_prompt: "${rules.trim().replaceAll("\n", "\\n")} It's {{ customer }}"\n`,
    ],
    ["Markdown alone", "AGENTS.md", `# Rules\n${rules}\n`],
    ["plain text", "prompts/a.txt", `${rules}\r\nQuestion: {question}\r\n`],
    ["plain text without values", "prompts/a.txt", `${rules}\n`],
  ])("in %s: the same template but for it, at the tokens of every request", (_, path, text) => {
    const files = { [path]: text, "prompts/rules.j2": `${rules}\n` };
    const { hints, own, prepared, documents } = marked(files);
    expect(hints.refused.filter((each) => each.path === path)).toEqual([]);
    const found = hints.templates.find((each) => each.path === path)!;
    const document = documents.documentAt(path)!;
    const after = withMarkers(hints, document);
    expect(after.split(marker)).toHaveLength(2);
    expect(after.replace(marker, "")).toBe(text);

    const again = prepareAdvice({ ...files, [path]: after }, { model });
    const index = again.templates.findIndex((each) => each.id === found.id);
    const before = prepared.templates.find((each) => each.id === found.id)!;
    // Text that holds the marker alone leaves an empty one behind, where there was none.
    const shape = shapeOf(again.templates[index]!.segments)
      .replace(marker, "")
      .replace(/,""|"",/g, "");
    expect(shape).toBe(shapeOf(before.segments));

    const position = own.templates.find(({ id }) => id === found.id)!.positions[0]!;
    if (position.scope !== "all") throw new Error("no shared position");
    expect(found.hintTokens).toBe(position.tokens);
    const rows = prepared.workload.requestsOf[prepared.templates.indexOf(before)]!;
    expect(rows.length).toBeGreaterThan(1);
    const prefixes = rows.map((row) => {
      const { promptTokens } = prepared.workload.requests[row]!;
      expect(found.tokens).toBeLessThan(promptTokens.length);
      return sha256(littleEndian(promptTokens.subarray(0, found.tokens)));
    });
    expect(new Set(prefixes).size).toBe(1);
    if (found.tokens === found.hintTokens) expect(prefixes[0]).toBe(position.sha256);
    // Behind a template without values the chat template goes on by itself.
    else expect(found.hintTokens - found.tokens).toBeLessThan(16);
  });

  test("stands exactly at the hint where the document goes on", () => {
    const { hints } = marked({ "prompts/a.j2": `${rules}\nCustomer: {{ customer }}\n{{ question }}` });
    expect(hints.templates).toMatchObject([{ id: "prompts/a.j2" }]);
    expect(hints.templates[0]!.tokens).toBe(hints.templates[0]!.hintTokens);
  });

  test("further positions have none: the server takes one per prompt", () => {
    const files = {
      "prompts/a.j2": `${rules}\nCustomer: {{ customer }}\n${rules}\n{{ question }}`,
      "promptcache.json": JSON.stringify({
        workload: { tenants: 2 },
        holes: { customer: { scope: "tenant" }, question: { scope: "request" } },
      }),
    };
    expect(marked(files).hints.templates).toMatchObject([{ unmarked: 1 }]);
  });

  test.each([
    [
      "short",
      { "prompts/a.j2": "Hello {{ question }}" },
      /^Its calls share \d+ tokens, fewer than one block of \d+/,
    ],
    [
      "code",
      { "app.py": `SYSTEM_PROMPT = """${rules}"""\n` },
      /^A document in Python is no text of a prompt/,
    ],
    [
      "JSON",
      {
        "prompts/a.json": JSON.stringify({
          messages: [
            { role: "system", content: rules },
            { role: "user", content: "{question}" },
          ],
        }),
      },
      /^A document in JSON is no text of a prompt/,
    ],
    [
      "what is included and ends inside",
      {
        "prompts/a.j2": `{% include "b.j2" %}`,
        "prompts/b.j2": `${rules}\n{{ question }}`,
        "promptcache.json": JSON.stringify({ templates: { "prompts/b.j2": { usage: "partial" } } }),
      },
      /^The shared part ends inside prompts\/b\.j2, which it includes\.$/,
    ],
    [
      "marked before",
      { "prompts/a.j2": `${rules}\n${marker}{{ question }}` },
      /^The document holds the marker already\.$/,
    ],
    [
      "composed",
      {
        "prompts/a.txt": rules,
        "prompts/b.j2": "{{ question }}",
        "promptcache.json": JSON.stringify({
          applications: { chat: { system: ["prompts/a.txt"], question: "prompts/b.j2" } },
        }),
      },
      /^promptcache\.json composes it/,
    ],
  ] as [string, Record<string, string>, RegExp][])("none for %s", (_, files, reason) => {
    const { hints } = marked(files);
    expect(hints.templates).toEqual([]);
    expect(hints.refused.length).toBeGreaterThan(0);
    for (const each of hints.refused) expect(each.reason).toMatch(reason);
  });

  test("none for what another one brings along, which would have two", () => {
    const { hints } = marked({
      "prompts/a.j2": `{% include "b.j2" %}\n{{ question }}`,
      "prompts/b.j2": `${rules}\nSay {{ what }}`,
      "promptcache.json": JSON.stringify({ templates: { "prompts/b.j2": { usage: "request" } } }),
    });
    expect(hints.templates).toEqual([]);
    expect(hints.refused.map(({ id, reason }) => [id, reason])).toEqual([
      ["prompts/a.j2", "The shared part ends inside prompts/b.j2, which it includes."],
      [
        "prompts/b.j2",
        "prompts/a.j2 includes it, whose prompts would bring the marker along: mark what is sent.",
      ],
    ]);
  });

  test("none for a text that is sent twice, once as an example", () => {
    const text = indented(`${rules}\n{{ input }}`);
    const { hints } = marked({
      "tasks/a.yaml": `task: a\ndataset_path: x\ndoc_to_target: "{{ target }}"\nfewshot_config:\n  sampler: first_n\n  samples:\n  - input: Hello\n    target: World\ndoc_to_text: |\n${text}\n`,
    });
    expect(hints.templates).toEqual([]);
    expect(hints.refused).toMatchObject([
      { reason: expect.stringMatching(/^The marker would stand 2 times/) },
    ]);
  });

  test("templates of one document that share a text share its marker, and have no second one", () => {
    const shared = `&rules |\n${indented(indented(`${rules}\n{{ question }}`))}`;
    const { hints, documents } = marked({
      "prompts/a.yaml": `prompts:\n  first: ${shared}\n  second: *rules\n`,
    });
    const text = withMarkers(hints, documents.documentAt("prompts/a.yaml")!);
    expect(text.split(marker).length - 1).toBe(new Set(hints.templates.map(({ offset }) => offset)).size);
    expect(hints.templates.length).toBeGreaterThan(0);
  });

  test("without a chat template nothing stands behind a prompt without values", () => {
    const { hints } = marked({ "prompts/a.txt": rules }, { chatTemplate: "none" });
    expect(hints.refused).toMatchObject([
      { reason: expect.stringContaining("nothing would follow the marker") },
    ]);
  });
});

describe("the boundary", () => {
  const chat = `system:\n${rules}\n\nuser:\n{{question}}\n`;

  test.each([
    ["Prompty", { "prompts/a.prompty": chat }],
    ["Jinja in roles", { "prompts/a.j2": chat }],
    [
      "messages in front of earlier turns",
      {
        "prompts/a.prompty": `---\ninputs:\n  history:\n    kind: thread\n---\nsystem:\n${rules}\n\n{{history}}\n\nuser:\n{{question}}\n`,
      },
    ],
    [
      "an include with a value behind it",
      {
        "prompts/a.prompty": `system:\n{% include "b.j2" %}\n\nuser:\n{{question}}\n`,
        "prompts/b.j2": `${rules}\n`,
        "promptcache.json": JSON.stringify({ templates: { "prompts/b.j2": { usage: "partial" } } }),
      },
    ],
    ["an agent's instructions", { "AGENTS.md": `# Rules\n${rules}\n` }],
  ])("of %s is a prefix of every request, as our hint is", (_, files) => {
    const { hints, prepared } = bounded(files);
    expect(hints.refused).toEqual([]);
    const [{ boundaryTokens, hintTokens, request }] = hints.templates as [(typeof hints.templates)[number]];
    expect(request.messages).toHaveLength(1);
    expect(request.messages[0]).toMatchObject({ role: "system" });
    expect(request.messages[0]!.content.trim()).toContain(rules.trim().slice(0, 200));
    // Beyond the message there is what the chat template writes, and nothing else.
    expect(Math.abs(hintTokens - boundaryTokens)).toBeLessThan(16);
    const prefixes = prepared.workload.requests.map(({ promptTokens }) =>
      sha256(littleEndian(promptTokens.subarray(0, boundaryTokens))),
    );
    expect(prefixes.length).toBeGreaterThan(1);
    expect(new Set(prefixes).size).toBe(1);
  });

  test.each([
    ["a question alone", { "prompts/a.j2": `${rules}\n{{ question }}` }, /^It begins with no system message/],
    [
      "earlier turns in the system message",
      {
        "prompts/a.prompty": `system:\n${rules}\n{% for item in chat_history %}\nHuman: {{ item.question }}\n{% endfor %}\nuser:\n{{question}}\n`,
      },
      /^Its system message holds `chat_history`, which grows with every turn/,
    ],
    [
      "a value of a tenant in the system message",
      {
        "prompts/a.prompty": `system:\n${rules}\nFor {{customer}}.\n\nuser:\n{{question}}\n`,
        "promptcache.json": JSON.stringify({ holes: { customer: { scope: "tenant" } } }),
      },
      /^Its system message holds `customer`, one per tenant: the server keeps a state all the same/,
    ],
    [
      "a value of the call in the system message",
      {
        "prompts/a.prompty": `system:\n{{now}}\n${rules}\n\nuser:\n{{question}}\n`,
        "promptcache.json": JSON.stringify({ holes: { now: { scope: "volatile" } } }),
      },
      /^Its system message holds `now`, which never repeats, so that no two calls share a state/,
    ],
  ] as [string, Record<string, string>, RegExp][])("none for %s", (_, files, reason) => {
    const { hints } = bounded(files);
    expect(hints.templates).toEqual([]);
    expect(hints.refused).toMatchObject([{ reason: expect.stringMatching(reason) }]);
  });

  test("none where the chat template refuses what the server renders, or there is none", () => {
    const strict = `{%- if messages[-1].role != "user" %}{{ raise_exception("No question") }}{% endif %}{% for m in messages %}<|{{ m.role }}|>{{ m.content }}{% endfor %}`;
    const refused = bounded(
      { "prompts/a.prompty": chat, "chat_template.jinja": strict },
      { chatTemplate: "chat_template.jinja" },
    );
    expect(refused.hints.refused).toMatchObject([
      { reason: expect.stringMatching(/^The chat template refuses system messages/) },
    ]);
    const none = bounded({ "prompts/a.prompty": chat }, { chatTemplate: "none" });
    expect(none.hints.refused).toMatchObject([{ reason: "Raw completions carry no messages." }]);
  });
});

describe("the level", () => {
  const files = { "prompts/a.j2": `${rules}\n{{ question }}` };

  test("is the one that reuses most of these prompts, as a line that starts the server", () => {
    const { hints } = hintsOf("setting", "sglang-level", files);
    expect(hints.tried.map(({ value }) => value)).toEqual([2, 3]);
    const most = Math.max(...hints.tried.map(({ reusedTokens }) => reusedTokens));
    const best = hints.tried.find(({ reusedTokens }) => reusedTokens === most)!;
    expect(hints.chosen).toBe(best.value);
    expect(best.launch).toContain(`--hybrid-cache-checkpoints-level ${best.value}`);
    expect(best.launch).toContain(model);
  });

  test("is none for a model without states", () => {
    const { hints, all } = hintsOf("setting", "sglang-level", files, { model: "Qwen/Qwen3-8B" });
    expect(hints).toMatchObject({ tried: [], chosen: null });
    expect(engineHintsText(all, [])).toContain("The model has no states to place");
  });

  test.each([
    ["marker", "vllm-marker"],
    ["instructions", "vllm-boundaries"],
    ["setting", "sglang-level"],
  ] as const)("nothing to copy is printed of the %s, %s, for a model without states", (kind, server) => {
    const documents = Object.entries(files).map(([path, text]) => ({ path, text }));
    const { all } = hintsOf(kind, server, files, { model: "Qwen/Qwen3-8B" });
    const lines = engineHintsText(all, documents).trimEnd().split("\n");
    expect(lines.filter((line) => !line.startsWith("#"))).toEqual([]);
    expect(lines.at(-1)).toContain("The model has no states to place");
    const hybrid = hintsOf(kind, server, files);
    expect(engineHintsText(hybrid.all, documents)).toContain(
      kind === "setting" ? "\npython -m" : "# Start the server with",
    );
  });
});
