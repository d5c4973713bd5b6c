import { describe, expect, it } from "vitest";
import { type Entry, type FileTree, type WalkOptions, walk } from "../../src/service/walk.ts";

/** Texts by path; a folder is there when something is in it. */
function treeOf(files: Readonly<Record<string, string>>, broken = ""): FileTree & { entered: string[] } {
  const entered: string[] = [];
  return {
    entered,
    async list(folder) {
      entered.push(folder);
      if (folder === broken && broken !== "") throw new Error("no permission");
      const start = folder === "" ? "" : `${folder}/`;
      const below = Object.keys(files)
        .filter((path) => path.startsWith(start))
        .map((path) => path.slice(start.length));
      const kinds = new Map<string, Entry["kind"]>();
      for (const path of below) {
        const [name = "", ...rest] = path.split("/");
        kinds.set(name, rest.length > 0 ? "folder" : files[start + name] === "->" ? "other" : "file");
      }
      return [...kinds].map(([name, kind]) => ({ name, kind }));
    },
    readText: async (path) => files[path] ?? "",
  };
}

const everything: WalkOptions = {
  isExcluded: () => false,
  isCandidate: (path) => path.endsWith(".md"),
  isCancelled: () => false,
  onUnreadable: (folder) => expect.unreachable(folder),
  maxFolders: 1000,
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
    "link.md": "->",
  };

  it("finds candidates in order, and enters nothing that is ignored", async () => {
    const tree = treeOf(files);
    const { files: found, isCut, rules } = await walk(tree, everything);
    expect(found).toEqual([".github/prompts/a.md", "AGENTS.md", "prompts/final.md"]);
    expect(tree.entered.sort()).toEqual(["", ".github", ".github/prompts", "prompts"]);
    expect(isCut).toBe(false);
    expect(rules.ignoresFile("target/new.md")).toBe(true);
  });

  it("enters nothing that settings exclude", async () => {
    const tree = treeOf(files);
    await walk(tree, { ...everything, isExcluded: (path) => path === "prompts" });
    expect(tree.entered).not.toContain("prompts");
  });

  it("passes over folders that cannot be read", async () => {
    const unreadable: string[] = [];
    const { files: found } = await walk(treeOf(files, "prompts"), {
      ...everything,
      onUnreadable: (folder) => unreadable.push(folder),
    });
    expect(unreadable).toEqual(["prompts"]);
    expect(found).toEqual([".github/prompts/a.md", "AGENTS.md"]);
  });

  it("ends at its limit and when it is cancelled", async () => {
    expect((await walk(treeOf(files), { ...everything, maxFolders: 1 })).isCut).toBe(true);
    const { files: found } = await walk(treeOf(files), { ...everything, isCancelled: () => true });
    expect(found).toEqual([]);
  });
});
