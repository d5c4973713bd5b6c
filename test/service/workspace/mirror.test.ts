import { describe, expect, it } from "vitest";
import { Documents } from "../../../src/analysis/documents.ts";
import { drain } from "../../../src/core/steps.ts";
import { completePicture } from "../../../src/service/workspace/complete.ts";
import { linkReason, specialReason } from "../../../src/service/workspace/file-tree.ts";
import { WorkspaceMirror } from "../../../src/service/workspace/mirror.ts";
import { defaultRules } from "../../../src/service/workspace/reading-rules.ts";
import { type Link, MemoryTree } from "../../support/memory-tree.ts";

const running = { isCancelled: () => false, onProgress: () => {} };

function setUp(nodes: Readonly<Record<string, string | Uint8Array | Link>>, only?: string) {
  const tree = new MemoryTree(nodes);
  const mirror = new WorkspaceMirror({ tree, ...(only !== undefined && { only }) });
  const analysis = new Documents();
  const languages: string[] = [];
  /** The paths of the documents, those that are only included in brackets, and what was skipped. */
  const read = async () => {
    const picture = await completePicture({
      mirror,
      analysis,
      grammars: { load: async (wanted) => void languages.push(...wanted) },
      reading: running,
      drive: async (steps) => drain(steps),
    });
    expect(picture).not.toBeNull();
    const { documents, skipped, config } = picture!;
    return {
      picture: picture!,
      documents: documents.map(({ path, isOnlyIncluded }) => (isOnlyIncluded ? `(${path})` : path)),
      skipped: skipped.map(({ path, reason }) => `${path}: ${reason}`),
      config: config?.text ?? null,
      textOf: (path: string) => documents.find((document) => document.path === path)?.text,
    };
  };
  const asked = (start = "") => {
    const found = tree.asked.filter((each) => each.startsWith(start));
    tree.asked.length = 0;
    return found;
  };
  return { tree, mirror, read, asked, languages };
}

const agents = "Read @docs/manners.md and @docs/tone.md first.";

describe("a mirror", () => {
  it("reads prompts, and what they include, which includes more", async () => {
    const { read } = setUp({
      "CLAUDE.md": agents,
      "docs/manners.md": "Be brief.",
      "a.j2": '{% include "parts/b.html" %}',
      "parts/b.html": '{% include "parts/c.html" %}',
      "parts/c.html": "And kind.",
      "docs/unread.md": "Nobody asks.",
      "src/sums.py": "def add(a, b):\n    return a + b\n",
      "promptcache.json": '{ "turns": 1 }',
    });
    expect(await read()).toMatchObject({
      documents: ["CLAUDE.md", "a.j2", "(docs/manners.md)", "(parts/b.html)", "(parts/c.html)"],
      skipped: [],
      config: '{ "turns": 1 }',
    });
  });

  it("forgets what nobody includes any more, and reads it again when somebody does", async () => {
    const { tree, mirror, read, asked } = setUp({ "CLAUDE.md": agents, "docs/manners.md": "Be brief." });
    expect((await read()).documents).toEqual(["CLAUDE.md", "(docs/manners.md)"]);
    tree.nodes.set("CLAUDE.md", "Read nothing.");
    mirror.touch("CLAUDE.md");
    expect((await read()).documents).toEqual(["CLAUDE.md"]);
    asked();
    mirror.setOverlay("CLAUDE.md", agents);
    expect((await read()).documents).toEqual(["CLAUDE.md", "(docs/manners.md)"]);
    expect(asked("read docs/manners.md")).toHaveLength(1);
  });

  it("finds an included file that turns up later", async () => {
    const { tree, mirror, read } = setUp({ "CLAUDE.md": agents });
    expect((await read()).documents).toEqual(["CLAUDE.md"]);
    tree.nodes.set("docs/tone.md", "Kind.");
    mirror.touch("docs");
    expect((await read()).documents).toEqual(["CLAUDE.md", "(docs/tone.md)"]);
    tree.nodes.set("docs/tone.md", "Kinder.");
    mirror.touch("docs/tone.md");
    expect((await read()).textOf("docs/tone.md")).toBe("Kinder.");
  });

  it("gives the same objects where nothing has changed, and asks nothing", async () => {
    const { mirror, read, asked } = setUp({ "CLAUDE.md": agents, "docs/manners.md": "", "a.j2": "{{ a }}" });
    const { picture } = await read();
    asked();
    mirror.touch("a.j2");
    const again = (await read()).picture;
    expect(asked()).toEqual(["stat a.j2", "read a.j2"]);
    expect(again.documents).toHaveLength(3);
    for (const [index, document] of again.documents.entries()) {
      expect(document).toBe(picture.documents[index]);
    }
  });

  it("puts what editors hold before what is on disk, in promptcache.json and in included files too", async () => {
    const { mirror, read } = setUp({
      "CLAUDE.md": agents,
      "docs/manners.md": "disk",
      "promptcache.json": "{}",
      "a.j2": "disk",
    });
    for (const path of ["docs/manners.md", "a.j2", "docs/tone.md"]) mirror.setOverlay(path, "editor");
    mirror.setOverlay("promptcache.json", '{ "formats": { "*.txt": "jinja" } }');
    mirror.setOverlay("new.txt", "made a prompt by promptcache.json");
    mirror.setOverlay("node_modules/x/a.j2", "never");
    const first = await read();
    expect(first.documents).toEqual([
      ...["CLAUDE.md", "a.j2", "(docs/manners.md)", "(docs/tone.md)", "new.txt"],
    ]);
    expect(["a.j2", "docs/manners.md", "docs/tone.md"].map(first.textOf)).toEqual(Array(3).fill("editor"));
    for (const path of ["docs/manners.md", "a.j2", "docs/tone.md", "promptcache.json", "new.txt"]) {
      mirror.setOverlay(path, null);
    }
    const second = await read();
    expect(second.documents).toEqual(["CLAUDE.md", "a.j2", "(docs/manners.md)"]);
    expect(second.textOf("a.j2")).toBe("disk");
    expect(second.config).toBe("{}");
  });

  it("reads what promptcache.json names, though it is no prompt, and nothing outside", async () => {
    const tools = ["tools.json", "../secret.json", "/etc/passwd", "a//b.json"];
    const { read, asked } = setUp({
      "a.j2": "{{ a }}",
      "tools.json": "[]",
      "promptcache.json": JSON.stringify({ applications: { x: { tools, system: "a.j2" } } }),
    });
    expect((await read()).documents).toEqual(["a.j2", "(tools.json)"]);
    expect(asked().filter((each) => /secret|passwd|b\.json/.test(each))).toEqual([]);
  });

  it("follows no link, reads nothing special, and says so once", async () => {
    const { tree, read, asked } = setUp({
      "CLAUDE.md": "Read @link.md, @linked/x.md and @pipe.md.",
      "link.md": { link: "file" },
      linked: { link: "folder" },
      "pipe.md": "",
      "a.j2": { link: "file" },
      "promptcache.json": { link: "file" },
    });
    tree.special.add("pipe.md");
    expect(await read()).toMatchObject({
      documents: ["CLAUDE.md"],
      config: null,
      skipped: [
        `a.j2: ${linkReason()}`,
        `link.md: ${linkReason()}`,
        `linked: ${linkReason()}`,
        `linked/x.md: ${linkReason()}`,
        `pipe.md: ${specialReason()}`,
        `promptcache.json: ${linkReason()}`,
      ],
    });
    expect(asked("list")).toEqual(["list "]);
  });

  it("takes the same limits for files, editors and promptcache.json", async () => {
    const large = "x".repeat(2000);
    const { mirror, read } = setUp({ "a.j2": large, "promptcache.json": `{}${" ".repeat(2000)}` });
    mirror.setRules({ ...defaultRules, maxFileBytes: 1000 });
    mirror.setOverlay("b.j2", large);
    const { documents, skipped, config } = await read();
    expect(documents).toEqual([]);
    expect(config).toBeNull();
    expect(skipped.map((each) => each.replace(/:.*/, ""))).toEqual(["a.j2", "b.j2", "promptcache.json"]);
  });

  it("asks the user's patterns", async () => {
    const { mirror, read } = setUp({ "a/x.j2": "", "b/x.j2": "", "b/y.j2": "", "c/x.j2": "" });
    mirror.setRules({ ...defaultRules, include: ["a", "b"], exclude: ["**/y.j2"], hidden: ["c"] });
    expect((await read()).documents).toEqual(["a/x.j2", "b/x.j2"]);
    mirror.setRules(defaultRules);
    expect((await read()).documents).toEqual(["a/x.j2", "b/x.j2", "b/y.j2", "c/x.j2"]);
  });

  it("hears of deleted folders, and of new ones with all that is in them", async () => {
    const { tree, mirror, read, asked } = setUp({ "a/b/x.j2": "", "a/y.j2": "", "z.j2": "" });
    await read();
    tree.remove("a");
    mirror.touch("a");
    asked();
    expect((await read()).documents).toEqual(["z.j2"]);
    expect(asked()).toEqual(["stat a"]);
    tree.nodes.set("n/m/x.j2", "");
    tree.nodes.set("n/.gitignore", "y.j2\n");
    tree.nodes.set("n/m/y.j2", "");
    mirror.touch("n");
    expect((await read()).documents).toEqual(["n/m/x.j2", "z.j2"]);
    tree.nodes.delete("n/.gitignore");
    mirror.touch("n/.gitignore");
    expect((await read()).documents).toEqual(["n/m/x.j2", "n/m/y.j2", "z.j2"]);
  });

  it("asks nothing about files that are ignored, however many change", async () => {
    const { mirror, read, asked } = setUp({ ".gitignore": "dist\n", "a.j2": "", "dist/x.j2": "" });
    await read();
    asked();
    for (let i = 0; i < 2000; i++) mirror.touch(`dist/${i}.j2`);
    mirror.touch("node_modules/left-pad/index.js");
    await read();
    expect(asked()).toEqual([]);
  });

  it("leaves a file out until it is touched", async () => {
    const { mirror, read } = setUp({ "CLAUDE.md": agents, "docs/manners.md": "", "a.j2": "" });
    await read();
    for (const path of ["a.j2", "docs/manners.md"]) mirror.leaveOut(path, "it hangs");
    const { documents, skipped } = await read();
    expect(documents).toEqual(["CLAUDE.md"]);
    expect(skipped).toEqual(["a.j2: it hangs", "docs/manners.md: it hangs"]);
    mirror.setOverlay("a.j2", "still");
    expect((await read()).documents).toEqual(["CLAUDE.md"]);
    mirror.touch("a.j2");
    expect((await read()).documents).toEqual(["CLAUDE.md", "a.j2"]);
    mirror.forgetAll();
    expect((await read()).documents).toEqual(["CLAUDE.md", "a.j2", "(docs/manners.md)"]);
  });

  it("reads a single file, and what it includes", async () => {
    const { read, asked } = setUp({ "a/x.j2": '{% include "y.j2" %}', "a/y.j2": "", "z.j2": "" }, "a/x.j2");
    expect((await read()).documents).toEqual(["a/x.j2", "(a/y.j2)"]);
    expect(asked("list")).toEqual([]);
  });

  it("asks for the grammars of what is code, and of no other", async () => {
    const { read, languages } = setUp({
      "sums.py": "def add(a, b):\n    return a + b\n",
      "a.j2": "",
      "p.ts": 'export const systemPrompt = "You are a helpful assistant.";\n',
    });
    await read();
    expect([...new Set(languages)]).toEqual(["typescript"]);
  });

  it("does what a cancelled reading left undone", async () => {
    const { tree, mirror, read } = setUp({ "a.j2": "", "b/c.j2": "" });
    let steps = 3;
    const cancelled = { isCancelled: () => steps-- <= 0, onProgress: () => {} };
    expect(await mirror.update(cancelled)).toBe(false);
    expect((await read()).documents).toEqual(["a.j2", "b/c.j2"]);
    tree.nodes.set("a.j2", "new");
    mirror.touch("a.j2");
    expect(await mirror.update({ isCancelled: () => true, onProgress: () => {} })).toBe(false);
    expect((await read()).textOf("a.j2")).toBe("new");
  });
});
