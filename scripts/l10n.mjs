// Writes l10n/bundle.l10n.json: every message of the sources, for whoever translates.
//   node scripts/l10n.mjs
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Language, Parser, Query } from "web-tree-sitter";
import { isMain, root, say } from "./lib/run.mjs";

const bundleFile = "l10n/bundle.l10n.json";
const folders = ["src", "webview"];
/** The command line is never told a translation. */
const english = ["src/hosts/cli/"];

/** @typedef {import("web-tree-sitter").Node} Node */

/**
 * The messages that a call asks for, by the name of the function, of those of src/words. An argument that is no literal is
 * undefined. @type {Record<string, (args: (string | undefined)[]) => (string | undefined)[]>}
 */
const functions = {
  t: ([message]) => [message],
  // As it puts them together.
  plural: ([, one, many = `${one}s`]) => [one && `{0} ${one}`, one && `{0} ${many}`],
};

/** Where code runs later than when its module is loaded. */
const later = ["function_declaration", "function_expression", "arrow_function", "method_definition"];
later.push("generator_function_declaration", "generator_function", "class_body");

async function typescript() {
  await Parser.init();
  const path = join(root, "node_modules/@vscode/tree-sitter-wasm/wasm/tree-sitter-typescript.wasm");
  const language = await Language.load(readFileSync(path));
  const parser = new Parser();
  parser.setLanguage(language);
  const names = Object.keys(functions).join("|");
  const calls = new Query(
    language,
    `(call_expression function: (identifier) @name (#match? @name "^(${names})$") arguments: (arguments) @arguments) @call`,
  );
  return { parser, calls };
}

/**
 * Messages of one source, with what is wrong about how it asks for them.
 * @param {Awaited<ReturnType<typeof typescript>>} grammar @param {string} file @param {string} text
 */
function messagesOf({ parser, calls }, file, text) {
  /** @type {string[]} */
  const messages = [];
  /** @type {string[]} */
  const problems = [];
  // Most files say nothing, and parsing is what takes long.
  if (!new RegExp(`\\b(${Object.keys(functions).join("|")})\\(`).test(text)) return { messages, problems };
  const tree = parser.parse(text);
  for (const { captures } of tree === null ? [] : calls.matches(tree.rootNode)) {
    const node = (/** @type {string} */ name) =>
      /** @type {Node} */ (captures.find((capture) => capture.name === name)?.node);
    const at = `${file}:${node("call").startPosition.row + 1}`;
    const args = node("arguments").namedChildren.filter((each) => each !== null && each.type !== "comment");
    const told =
      functions[node("name").text]?.(args.map((each) => literal(/** @type {Node} */ (each)))) ?? [];
    for (const message of told) {
      if (message === undefined) problems.push(`${at} says a message that is no literal`);
      else messages.push(message);
    }
    const [message] = told;
    if (node("name").text === "t" && message !== undefined) {
      const missing = unfilled(message, args.slice(1));
      if (missing.length > 0) problems.push(`${at} gives nothing for {${missing.join("}, {")}}`);
    }
    if (!isLater(node("call"))) problems.push(`${at} says a message while its module is loaded`);
  }
  tree?.delete();
  return { messages, problems };
}

/** Places of a message that nothing is given for. @param {string} message @param {(Node | null)[]} given */
function unfilled(message, given) {
  const places = [...message.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => name);
  const [first] = given;
  if (first?.type === "spread_element") return [];
  const names = first?.type === "object" ? keysOf(first) : given.map((_, at) => String(at));
  // What another variable holds is for the compiler to know.
  const isKnown =
    names !== null && (first?.type !== "identifier" || places.every((name) => /^\d+$/.test(name)));
  return isKnown ? places.filter((name) => !names.includes(name)) : [];
}

/** `null` where they cannot be told here. @param {Node} object @returns {string[] | null} */
function keysOf(object) {
  /** @type {string[]} */
  const keys = [];
  for (const each of object.namedChildren) {
    const inner = each?.type === "spread_element" ? each.namedChildren[0] : null;
    const more = inner?.type === "object" ? keysOf(inner) : null;
    if (each?.type === "spread_element" && more === null) return null;
    if (more !== null) keys.push(...more);
    else if (each?.type === "pair") keys.push(each.childForFieldName("key")?.text ?? "");
    else if (each !== null) keys.push(each.text);
  }
  return keys;
}

/** @param {Node} node */
function isLater(node) {
  for (let up = node.parent; up !== null; up = up.parent) if (later.includes(up.type)) return true;
  return false;
}

/** The text of a literal without anything to fill in. @param {Node} node */
function literal(node) {
  const isText = node.type === "string" || node.type === "template_string";
  if (!isText || node.namedChildren.some((each) => each?.type === "template_substitution")) return undefined;
  // It is a literal of our own sources: JavaScript knows best what it says.
  return /** @type {string} */ (new Function(`return ${node.text}`)());
}

/** Sources in a fixed order. */
function sources() {
  return folders
    .flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: "utf8" }).map(
        (name) => `${folder}/${name.replaceAll("\\", "/")}`,
      ),
    )
    .filter((file) => file.endsWith(".ts") && !english.some((folder) => file.startsWith(folder)))
    .sort();
}

/** Every message of the sources, and what is wrong about how they are said. */
export async function allMessages() {
  const grammar = await typescript();
  const each = sources().map((file) => messagesOf(grammar, file, readFileSync(join(root, file), "utf8")));
  return {
    messages: [...new Set(each.flatMap(({ messages }) => messages))].sort(),
    problems: each.flatMap(({ problems }) => problems),
  };
}

/** What the file holds for these messages. @param {string[]} messages */
export function bundleOf(messages) {
  return `${JSON.stringify(Object.fromEntries(messages.map((message) => [message, message])), null, 2)}\n`;
}

export const bundlePath = join(root, bundleFile);

if (isMain(import.meta.url)) {
  try {
    const { messages, problems } = await allMessages();
    if (problems.length > 0) throw new Error(problems.join("\n"));
    mkdirSync(join(root, "l10n"), { recursive: true });
    writeFileSync(bundlePath, bundleOf(messages));
    say(`${bundleFile}: ${messages.length} messages`);
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  }
}
