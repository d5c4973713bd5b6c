import { expect, test } from "vitest";
import { grammarsOf } from "../../src/hosts/node/grammar-files.ts";
import { startWatch } from "../../src/hosts/node/stopwatch.ts";
import { codeLanguageOf, codeLanguages } from "../../src/prompt/code/syntax.ts";
import { createGrammars } from "../../src/service/grammars.ts";
import { installedGrammar } from "../support/installed-grammars.ts";

const samples = {
  python: 'a = f"ü😀{b}"',
  javascript: "const a = `ü😀$" + "{b}`",
  typescript: "const a: string = <string>`ü😀$" + "{b}`",
  tsx: "const a: string = `ü😀$" + "{b}`; const c = <b>{a}</b>",
  go: 'package p\nvar a = `ü😀` + "é"\n',
  java: 'class A { String a = """\n  ü😀""" + "é"; }',
  "c-sharp": 'class A { string a = $"""ü😀{b}"""; }',
  rust: 'const A: &str = r#"ü😀"#;',
  kotlin: 'val a = """ü😀$' + '{b}""".trimIndent()',
  ruby: 'A = "ü😀#{b}"',
  php: '<?php $a = "ü😀{$b}";',
} as const;

test.each(codeLanguages)(
  "%s is parsed once its grammar is loaded, with offsets in UTF-16 units",
  async (language) => {
    const grammars = createGrammars(installedGrammar, startWatch);
    const text = samples[language];
    expect(grammars.parse(language, text)).toBeNull();
    await grammars.load([language]);
    const tree = grammars.parse(language, text);
    if (tree === "endless" || tree === null) throw new Error("it is parsed");
    expect(tree.rootNode.hasError).toBe(false);
    expect(tree.rootNode.endIndex).toBe(text.length);
    tree.delete();
  },
);

test("a parse without end is given up, and the next one begins anew", async () => {
  let now = 0;
  const grammars = createGrammars(installedGrammar, () => (milliseconds) => {
    now += 150;
    return now > milliseconds;
  });
  await grammars.load(["python"]);
  expect(grammars.parse("python", "a = b\n".repeat(2000))).toBe("endless");
  now = 0;
  const tree = grammars.parse("python", "a = 1");
  expect(tree).toMatchObject({ rootNode: { text: "a = 1", hasError: false } });
});

test("nothing is read before a language is wanted, and then each file once", async () => {
  const read: string[] = [];
  const grammars = createGrammars((file) => {
    read.push(file);
    return installedGrammar(file);
  }, startWatch);
  await grammars.load([]);
  expect(read).toEqual([]);
  await Promise.all([grammars.load(["python"]), grammars.load(["python"])]);
  expect(read).toEqual(["web-tree-sitter.wasm", "tree-sitter-python.wasm"]);
});

test("a file that the installation lacks is named", async () => {
  const grammars = grammarsOf("/no/such/folder");
  await expect(grammars.load(["python"])).rejects.toThrow("web-tree-sitter.wasm");
});

test.each([
  ["a/b.py", "python"],
  ["b.pyi", null],
  ["b.ipynb", null],
  ["x.test.ts", "typescript"],
  ["x.mts", "typescript"],
  ["x.tsx", "tsx"],
  ["x.jsx", "javascript"],
  ["x.cjs", "javascript"],
  ["py", null],
  ["constructor", null],
  ["a.constructor", null],
])("language of %s", (path, language) => {
  expect(codeLanguageOf(path)).toBe(language);
});
