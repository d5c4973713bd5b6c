import { describe, expect, it } from "vitest";
import { linkReason, specialReason } from "../../../src/service/workspace/file-tree.ts";
import { type WalkOptions, walk } from "../../../src/service/workspace/walk.ts";
import { MemoryTree } from "../../support/memory-tree.ts";

const everything: WalkOptions = {
  isExcluded: (path) => path === ".git",
  isCandidate: (path) => path.endsWith(".md"),
  isCancelled: () => false,
  onSkip: (path, reason) => expect.unreachable(`${path}: ${reason}`),
  maxFolders: 1000,
  maxFileBytes: 1000,
};

describe("walk", () => {
  const files = {
    ".gitignore": "target\n",
    "AGENTS.md": "",
    "notes.txt": "",
    ".github/prompts/a.md": "",
    ".git/description.md": "",
    "target/deep/b.md": "",
    "prompts/.gitignore": "draft.md\n",
    "prompts/draft.md": "",
    "prompts/final.md": "",
  };

  it("finds candidates in order, and enters nothing that is ignored", async () => {
    const tree = new MemoryTree(files);
    const { files: found, folders, isCut, rules } = await walk(tree, everything);
    expect(found).toEqual([".github/prompts/a.md", "AGENTS.md", "prompts/final.md"]);
    expect([...folders].sort()).toEqual(["", ".github", ".github/prompts", "prompts"]);
    expect(tree.asked.filter((asked) => asked.startsWith("list"))).toHaveLength(4);
    expect(isCut).toBe(false);
    expect(rules.ignoresFile("target/new.md")).toBe(true);
  });

  it("enters nothing that settings exclude", async () => {
    const { folders } = await walk(new MemoryTree(files), {
      ...everything,
      isExcluded: (path) => path === "prompts" || path === ".git",
    });
    expect([...folders].sort()).toEqual(["", ".github", ".github/prompts"]);
  });

  it("passes over folders that cannot be read", async () => {
    const tree = new MemoryTree(files);
    tree.unreadable.add("prompts");
    const skipped: string[] = [];
    const { files: found } = await walk(tree, {
      ...everything,
      onSkip: (folder, reason) => skipped.push(`${folder}: ${reason}`),
    });
    expect(skipped).toEqual(["prompts: it may not be read"]);
    expect(found).toEqual([".github/prompts/a.md", "AGENTS.md"]);
  });

  it("ends at its limit and when it is cancelled", async () => {
    expect((await walk(new MemoryTree(files), { ...everything, maxFolders: 1 })).isCut).toBe(true);
    const { files: found } = await walk(new MemoryTree(files), { ...everything, isCancelled: () => true });
    expect(found).toEqual([]);
  });

  it("names links and special files that might matter, unless they are ignored", async () => {
    const tree = new MemoryTree({
      ".gitignore": "build\nkept/\n",
      "a.md": { link: "file" },
      "b.txt": { link: "file" },
      "c.md": { link: "other" },
      "pipe.md": "",
      "pipe.txt": "",
      up: { link: "folder" },
      build: { link: "folder" },
      // A pattern for folders is none for a link to one.
      kept: { link: "folder" },
    });
    tree.special.add("pipe.md").add("pipe.txt");
    const skipped: [string, string][] = [];
    const { files: found } = await walk(tree, {
      ...everything,
      onSkip: (path, reason) => skipped.push([path, reason]),
    });
    expect(found).toEqual([]);
    expect(skipped).toEqual([
      ["a.md", linkReason()],
      ["c.md", linkReason()],
      ["pipe.md", specialReason()],
      ["up", linkReason()],
      ["kept", linkReason()],
    ]);
  });
});
