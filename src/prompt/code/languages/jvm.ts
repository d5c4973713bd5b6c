/** What Java and Kotlin share: their library, the names of their packages, and the SDKs that are written for both. */
import type { Node } from "web-tree-sitter";
import { type EmbeddedText, EmbeddedTextBuilder } from "../../embedded.ts";
import { baseName, folders, words } from "../../names.ts";
import { strFormatEngine } from "../../str-format.ts";
import type { TextRange } from "../../text.ts";
import { type Binding, lookUp, type MoreBinding, type NameReader, type Scope } from "../bindings.ts";
import { doubledBracesEngine, messageFormatEngine } from "../brace-places.ts";
import type { Expression, RecordEntry } from "../expression.ts";
import { linksOf } from "../fluent.ts";
import type { FileFunctions, Language } from "../language.ts";
import { children, integerOf } from "../nodes.ts";
import {
  concatenation,
  dedented,
  formatted,
  joinedItems,
  mapped,
  type Operation,
  rendered,
  repeatedText,
  replaced,
  replaceText,
  same,
  trimmed,
  valuesOf,
  type Workbench,
} from "../operations.ts";
import { javaFormatEngine } from "../percent.ts";
import { knownText, literal, memberPiece, type Piece, unknownText } from "../pieces.ts";
import { classAround, outsideBlocks } from "../scopes.ts";
import {
  type CallValue,
  type CodeValue,
  lastPart,
  type Member,
  piecesOf,
  type TextValue,
} from "../values.ts";
import type { KnownCall } from "../volatile.ts";

// Files

const foreignFolders = words("target build out generated generated-sources .gradle third_party node_modules");

export function isOwnSource(path: string, ending: RegExp): boolean {
  return ending.test(baseName(path)) && !folders(path).some((folder) => foreignFolders.has(folder));
}

export const promptWords =
  /prompt|instructions?\b|\brole\b|ChatRole|(?:System|User|Human|Ai|Assistant)(?:Chat)?Message|generateContent|ChatCompletion|ChatClient|ChatModel/i;

// Nodes

/** The named children without comments; none of nothing. */
export function parts(node: Node | null): readonly Node[] {
  return node === null ? [] : children(node).filter(({ type }) => !type.endsWith("_comment"));
}

export function childOf(node: Node | null, ...types: readonly string[]): Node | null {
  return parts(node).find(({ type }) => types.includes(type)) ?? null;
}

// Literals

const simpleEscapes: Readonly<Record<string, string>> = {
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  s: " ",
  t: "\t",
};

/**
 * https://docs.oracle.com/javase/specs/jls/se21/html/jls-3.html#jls-3.10.7, and 3.3 for Unicode escapes;
 * https://kotlinlang.org/spec/syntax-and-grammar.html#grammar-rule-UniCharacterLiteral
 */
const anyEscape = /\\(?:u+([0-9a-fA-F]{4})|([0-3]?[0-7]{1,2})|(\r\n|[\r\n])|([\s\S]))/g;

/** What a literal says between two places; line ends are one unit, an escaped one is none. */
export function writeUnescaped(
  builder: EmbeddedTextBuilder,
  source: string,
  { start, end }: TextRange,
  hasOctals: boolean,
): void {
  let at = start;
  for (const match of source.slice(start, end).matchAll(anyEscape)) {
    const [written, unicode, octal, lineEnd, simple = ""] = match;
    const from = start + match.index;
    if (octal !== undefined && !hasOctals) continue;
    builder.slice(at, from);
    at = from + written.length;
    if (lineEnd !== undefined) continue;
    const code = unicode !== undefined ? Number.parseInt(unicode, 16) : Number.parseInt(octal ?? "", 8);
    builder.unit(
      Number.isNaN(code) ? (simpleEscapes[simple] ?? simple) : String.fromCharCode(code),
      from,
      at,
    );
  }
  builder.slice(at, end);
}

export function insideOf({ startIndex, endIndex, text }: Node, quotes: string): TextRange {
  const isClosed = text.length >= 2 * quotes.length && text.endsWith(quotes);
  const start = Math.min(startIndex + quotes.length, endIndex);
  return { start, end: Math.max(start, isClosed ? endIndex - quotes.length : endIndex) };
}

/** A text that nobody writes, where `at` is: the end of a line that a function adds. */
export function unwritten(source: string, text: string, at: number): EmbeddedText {
  const builder = new EmbeddedTextBuilder(source);
  builder.unit(text, at, at);
  return builder.build({ start: at, end: at });
}

/** `Map.of(k, v, k, v)` */
export function pairs(given: readonly Node[]): readonly RecordEntry[] {
  return given.flatMap((key, index): readonly RecordEntry[] => {
    const value = index % 2 === 0 ? given[index + 1] : undefined;
    return value === undefined ? [] : [{ key, value }];
  });
}

// Names

/** A variable without a value, which branches give it one. */
export function declare(names: NameReader, name: string): void {
  const { bindings } = names.scope;
  if (!bindings.has(name)) bindings.set(name, []);
}

/** A parameter or field, and a field of a class by the class. */
export function assign(names: NameReader, name: string, value: Node): void {
  const { scope } = names;
  names.assign({ name, owner: scope.kind === "class" ? scope.name : null, scope, value });
}

/** Where a name of this module is declared, in whatever class or function around; later, once all are known. */
function declaredAt(names: NameReader, name: string, scope: Scope): Scope {
  return lookUp(name, scope, "inside")?.scope ?? names.module;
}

/** `name = …` and `name += …`. */
export function bindChange(
  names: NameReader,
  name: string,
  value: Node,
  operator: string,
  own: Scope | null,
): void {
  const { scope } = names;
  if (operator === "=") {
    if (own !== null) names.note({ name, owner: own.name, scope, value });
    else names.note({ name, owner: null, scope, value });
  }
  names.later(() => {
    const declared = own ?? declaredAt(names, name, scope);
    names.bind(name, changeOf(value, operator, isElsewhere(declared, scope)), declared);
  });
}

function changeOf(node: Node, operator: string, elsewhere: boolean): Binding {
  if (operator === "=") return { kind: "value", node };
  if (operator !== "+=") return { kind: "other" };
  return { kind: "more", form: "concat", node, ...(elsewhere && { isElsewhere: true }) };
}

/** Whether a method changes what belongs to its class or its file. */
function isElsewhere(declared: Scope, scope: Scope): boolean {
  return outsideBlocks(declared).kind !== "function" && outsideBlocks(scope).kind === "function";
}

/** What belongs to the class, as `this.name`, and what a name alone stands for. */
export interface Target {
  readonly name: string;
  /** The class; `null` for a name alone. */
  readonly own: Scope | null;
}

export type Added = Pick<MoreBinding, "form" | "node" | "at">;

/** `name.append(…)`, `list.add(…)` and `list.addAll(…)`, in the order in which a chain of them is written, where all of it adds. */
export function bindAdded(
  names: NameReader,
  { name, own }: Target,
  added: readonly (Added | null)[],
  chain: Node,
): void {
  const { scope } = names;
  if (added.includes(null)) return;
  names.later(() => {
    const declared = own ?? lookUp(name, scope, "inside")?.scope;
    if (declared === undefined) return;
    const elsewhere = isElsewhere(declared, scope);
    for (const each of added)
      if (each !== null)
        names.bind(name, { kind: "more", ...each, chain, ...(elsewhere && { isElsewhere: true }) }, declared);
  });
}

/** What a method adds to the text or list that it is called on; `null` for all others. */
export function additionOf(method: string, given: readonly Node[]): Added | null {
  const [first, second] = given;
  if (first === undefined) return null;
  switch (method) {
    case "append":
      return { form: "concat", node: first };
    case "add":
      // `list.add(0, message)`
      if (second === undefined) return { form: "append", node: first };
      return { form: "append", node: second, at: integerOf(first) };
    case "addFirst":
      return { form: "append", node: first, at: 0 };
    case "addLast":
      return { form: "append", node: first };
    case "addAll":
      return second === undefined ? { form: "concat", node: first } : null;
    default:
      return null;
  }
}

export function ownClass(names: NameReader): Scope | null {
  return classAround(names.scope);
}

/** Neither has `x = x + [y]` that makes a list of another. */
export const additionsTo: Language["additionsTo"] = () => null;

// Packages

/** Packages of which no source lies in a workspace. */
const ofLibraries =
  /^(?:java|javax|jakarta|kotlin|kotlinx|org\.(?:springframework|slf4j|junit|apache)|com\.fasterxml|lombok)(?:\.|$)/;

/**
 * The member of a class, by the last two names: `Prompts.SYSTEM`; a name alone is one of the file, as Kotlin has them. A class
 * is found by the folder of its package.
 */
function memberAt(whole: readonly string[], isCalled: boolean): Member | null {
  const [owner = "", name = ""] = whole.slice(-2);
  if (isCalled && !/prompt|instruction/i.test(`${owner}.${name}`)) return null;
  const hasClass = /^[A-Z]/.test(owner);
  const packages = whole.filter((part) => /^[a-z_][\w]*$/.test(part) && part !== name);
  const folder = packages.at(-1);
  return {
    module: null,
    name: hasClass ? `${owner}.${name}` : name,
    ...(folder !== undefined && { folder }),
  };
}

export const memberOf: Language["memberOf"] = ({ module, name }, path, isCalled) => {
  if (ofLibraries.test(module)) return null;
  const whole = [...module.split("."), ...(name === null ? [] : [name]), ...path];
  // A class by itself says nothing.
  return whole.length < 2 || (/^[A-Z][a-z]/.test(whole.at(-1)!) && path.length === 0)
    ? null
    : memberAt(whole, isCalled);
};

const promptWord = /prompt|instruction|system|message|template/i;

/** Classes of the same package need no import: `Prompts.SYSTEM`. */
export function unboundMember(path: readonly string[]): Member | null {
  const [owner = "", name = ""] = path.slice(-2);
  // Constants of libraries say who sends a message.
  if (path.length < 2 || !/^[A-Z]/.test(owner) || !/^\w+$/.test(name) || /(?:Role|Type)$/.test(owner))
    return null;
  return promptWord.test(`${owner}.${name}`) ? { module: null, name: `${owner}.${name}` } : null;
}

// Functions of the library

/** A list, or a text, in another form: a stream, a copy. */
const itself: Operation = ({ owner }) => (owner?.kind === "list" || owner?.kind === "text" ? owner : null);
const itselfAt =
  (position: number): Operation =>
  ({ given }) =>
    given[position]?.kind === "list" ? given[position] : null;

/** `String.format("…", x)`; a locale may stand before it. */
const stringFormat: Operation = (operands, bench) => {
  const at = operands.given[0]?.kind === "text" ? 0 : 1;
  return formatted(javaFormatEngine, at, at + 1)(operands, bench);
};

/** `replaceAll` and `replaceFirst` take regular expressions: followed where one says only what it stands for. */
function replacedByPattern(isGlobal: boolean): Operation {
  return ({ node, owner, given }, bench) => {
    const [pattern, value] = given;
    if (owner?.kind !== "text" || pattern?.kind !== "text" || value === undefined) return null;
    const text = knownText(pattern.pieces);
    if (/(?:^|[^\\])(?:\\\\)*(?:[.*+?^$|()[\]]|\\[A-Za-z0-9])|^[{}]/.test(text)) return null;
    bench.spend(owner.pieces);
    const said = text.replace(/\\([\s\S])/g, "$1");
    return bench.text(node, replaceText(owner.pieces, { text: said, isGlobal, value }), true);
  };
}

/** `stream.collect(Collectors.joining("\n"))` */
const collected: Operation = (operands, bench) => {
  const [collector] = operands.given;
  if (collector?.kind !== "call" || operands.owner?.kind !== "list") return null;
  if (lastPart(collector.callee) !== "joining") return operands.owner;
  if (collector.positional.length > 1) return null;
  return joinedItems("owner", 0)({ ...operands, given: collector.positional }, bench);
};

/** A file of the program, as Spring has them: `new ClassPathResource("prompts/system.st")`; `null` for any other value. */
function textOfResource(node: Node, value: CodeValue, bench: Workbench): TextValue | null {
  if (value.kind === "text") return value;
  if (value.kind !== "call" || !/(?:^|\.)(?:ClassPath|FileSystem)Resource$/.test(value.callee)) return null;
  const [path] = value.positional;
  const name = path?.kind === "text" ? knownText(path.pieces) : unknownText;
  if (name.includes(unknownText)) return null;
  const file = { engine: null, given: new Map() };
  return bench.text(node, [memberPiece({ module: null, name, file, otherwise: value.hole() })], true);
}

/**
 * A template of an SDK with the values that it is given: Spring AI's `new PromptTemplate("…{x}").create(Map.of("x", x))`, and
 * LangChain4j's `PromptTemplate.from("…{{x}}").apply(…)`.
 */
function renderedTemplate(makes: "text" | "message"): Operation {
  return ({ node, call }, bench) => {
    const template = call.receiver?.();
    if (template?.kind !== "call" || !/PromptTemplate(?:\.from)?$/.test(template.callee)) return null;
    const [given] = template.positional;
    const text = given === undefined ? null : textOfResource(node, given, bench);
    if (text === null) return null;
    const engine = template.callee.endsWith(".from") ? doubledBracesEngine : strFormatEngine;
    const said = rendered(
      node,
      text,
      valuesOf(call, call.positional),
      { engine, format: null, hasMore: false },
      bench,
    );
    if (makes === "text") return said;
    const role = /(System|User|Assistant)PromptTemplate/.exec(template.callee)?.[1] ?? "User";
    return { ...call, callee: `${role}Message`, positional: [said], named: new Map(), receiver: () => null };
  };
}

/**
 * What Spring AI (1.0, `ChatClient.PromptSystemSpec`) is given for a message: a resource, or a function that is given what the message
 * is made with: `.system(s -> s.text("… {voice}").param("voice", voice))`. Where that has no text, it is the one of `defaultSystem`.
 */
function saidBySpec(role: "system" | "user"): Operation {
  return ({ node, call, owner, given: [only, ...others] }, bench) => {
    if (only === undefined || others.length > 0 || only.kind === "text") return null;
    const say = (text: TextValue | null) => (text === null ? null : { ...call, positional: [text] });
    const made = only.kind === "function" ? only.returned() : null;
    if (made?.kind !== "call") return say(textOfResource(node, only, bench));
    const links = linksOf(made);
    const own = links.find(({ callee }) => lastPart(callee) === "text")?.positional[0];
    const values = paramsOf(links);
    const template =
      own ?? (values.size > 0 && owner?.kind === "call" ? defaultText(role, owner) : undefined);
    const text = template === undefined ? null : textOfResource(node, template, bench);
    if (text === null || values.size === 0) return say(text);
    return say(
      rendered(node, text, values, { engine: strFormatEngine, format: null, hasMore: false }, bench),
    );
  };
}

/** `.param("voice", voice).params(Map.of("house", house))` */
function paramsOf(links: readonly CallValue[]): ReadonlyMap<string, readonly Piece[]> {
  const values = new Map<string, readonly Piece[]>();
  for (const { callee, positional, named } of links) {
    const [name, given] = positional;
    if (lastPart(callee) === "param" && name?.kind === "text" && given !== undefined)
      values.set(knownText(name.pieces), piecesOf(given));
    if (lastPart(callee) === "params")
      for (const [key, value] of valuesOf({ named }, positional)) values.set(key, value);
  }
  return values;
}

function defaultText(role: "system" | "user", chain: CallValue): CodeValue | undefined {
  const isDefault = new RegExp(`^default${role}$`, "i");
  return linksOf(chain).findLast(({ callee }) => isDefault.test(lastPart(callee)))?.positional[0];
}

/** What an annotation says: texts one line each, with places in doubled braces (LangChain4j). */
const annotated: Operation = ({ node, given }, bench) => {
  if (given.length === 0 || given.some(({ kind }) => kind !== "text")) return null;
  const pieces = given.flatMap((value, index): readonly Piece[] => {
    const before = given[index - 1];
    const lineEnd = before === undefined ? [] : literal(unwritten(bench.source, "\n", before.range.end));
    return [...lineEnd, ...piecesOf(value)];
  });
  bench.spend(pieces);
  return bench.text(node, bench.read(pieces, doubledBracesEngine, new Map()), true);
};

/**
 * Annotations that say what a parameter of a tool is: LangChain4j, Spring AI, Quarkus and the MCP SDK, Koog, ADK, Semantic Kernel for
 * Java.
 */
export const describesParameter = words(
  "P ToolParam ToolArg McpToolParam LLMDescription Schema KernelFunctionParameter",
);

/** What an annotation says by `description`, or by the only value that it has. */
export const describingKey = /^(?:description|value)$/;

/** Whether an annotation says that a parameter may be left out. */
export function isOptionalBy({ text }: Node): boolean {
  return /\b(?:required|isRequired)\s*=\s*false\b/.test(text);
}

/**
 * The resource of the program that `@Value("classpath:/prompts/system.st")` of Spring fills a field or a parameter with; `null` for other
 * annotations. A property may be asked first: `${prompts.system:classpath:/prompts/system.st}`.
 */
export function resourceOf(annotation: Node, name: string): Expression | null {
  const written =
    /\(\s*(?:value\s*=\s*)?"(?:\$\{[\w.-]{1,200}:)?(?:classpath\*?|file):\/*([^"}]{1,500})\}?"\s*\)$/;
  const [, path] = written.exec(annotation.text) ?? [];
  if (path === undefined) return null;
  const range = { start: annotation.startIndex, end: annotation.endIndex };
  return { kind: "file", path, name, range };
}

/** In place of a function: what the arguments of an annotation are lowered to. */
export const annotatedTemplate = "@template";

const functions: ReadonlyMap<string, Operation> = new Map([
  ["String.format", stringFormat],
  ["String.valueOf", same(0)],
  ["String.join", joinedItems("rest", 0)],
  ["Objects.toString", same(0)],
  ["Objects.requireNonNull", same(0)],
  ["MessageFormat.format", formatted(messageFormatEngine, 0, 1)],
  ["Arrays.stream", itselfAt(0)],
  ["List.copyOf", itselfAt(0)],
  [annotatedTemplate, annotated],
]);

export function functionNamed(name: string): Operation | null {
  return functions.get(name) ?? functions.get(name.split(".").slice(-2).join(".")) ?? null;
}

export const methods: ReadonlyMap<string, Operation> = new Map<string, Operation>([
  ["formatted", formatted(javaFormatEngine, "owner", 0)],
  ["toString", same("owner")],
  ["strip", trimmed("both")],
  ["trim", trimmed("both")],
  ["stripLeading", trimmed("start")],
  ["stripTrailing", trimmed("end")],
  ["stripIndent", dedented("owner")],
  ["intern", same("owner")],
  ["concat", concatenation],
  ["append", concatenation],
  ["replace", replaced(true)],
  ["replaceAll", replacedByPattern(true)],
  ["replaceFirst", replacedByPattern(false)],
  ["repeat", repeatedText],
  ["stream", itself],
  ["toList", itself],
  ["collect", collected],
  ["map", mapped("owner", 0)],
  ["create", renderedTemplate("text")],
  ["render", renderedTemplate("text")],
  ["apply", renderedTemplate("text")],
  ["createMessage", renderedTemplate("message")],
  ["system", saidBySpec("system")],
  ["user", saidBySpec("user")],
  ["defaultSystem", saidBySpec("system")],
  ["defaultUser", saidBySpec("user")],
]);

const anew = "gives another text in every call";
const unordered = "gives its items in no fixed order: the text may differ although they are the same";

export const knownCalls: readonly KnownCall[] = [
  {
    pattern:
      /(?:^|\.)(?:Instant|LocalDateTime|ZonedDateTime|OffsetDateTime|LocalTime|OffsetTime|Timestamp|Clock\.System|TimeSource\.Monotonic)\.(?:now|markNow)$|(?:^|\.)(?:System\.(?:currentTimeMillis|nanoTime)|Calendar\.getInstance|Clock\.instant|Clock\.millis)$/,
    scope: "volatile",
    says: anew,
  },
  // LangChain4j 1 and Spring AI 1: `model.chat(…).aiMessage()`, `client.prompt()….call().content()`, `response.aiMessage()`.
  {
    pattern:
      /\.(?:chat|call|generate)\.(?:aiMessage|content|entity|responseEntity|chatResponse|chatClientResponse|getResult)(?:\.\w+)*$|\.aiMessage(?:\.\w+)*$/,
    scope: "volatile",
    says: "is what a model answered: another text in every call",
  },
  { pattern: /^(?:java\.util\.)?Date$|^(?:java\.util\.)?Random$/, scope: "volatile", says: anew },
  {
    pattern: /(?:^|\.)(?:LocalDate|Year|YearMonth|MonthDay|Clock\.System)\.(?:now|todayIn)$/,
    scope: "day",
    says: "gives another text every day",
  },
  {
    pattern:
      /(?:^|\.)(?:UUID\.randomUUID|Uuid\.random|Math\.random|ThreadLocalRandom\.current|Random\.next\w*|Random\.Default\.next\w*|RandomStringUtils\.\w+)$|(?:^|\.)(?:nextInt|nextLong|nextDouble|nextBytes)$/,
    scope: "volatile",
    says: anew,
  },
  {
    pattern: /(?:^|\.)Collections\.shuffle$|(?:^|\.)(?:shuffled|shuffle)$/,
    scope: "request",
    says: unordered,
  },
  {
    pattern:
      /(?:^|\.)(?:Files\.(?:list|walk|find|newDirectoryStream))$|(?:^|\.)(?:listFiles|listDirectoryEntries|walkTopDown)$/,
    scope: "request",
    says: unordered,
  },
  {
    pattern:
      /^(?:java\.util\.(?:concurrent\.)?)?(?:HashMap|HashSet|ConcurrentHashMap|IdentityHashMap|WeakHashMap)$|(?:^|\.)(?:Set\.(?:of|copyOf)|Map\.(?:of|copyOf|ofEntries)|hashSetOf|hashMapOf|Collectors\.toSet|ConcurrentHashMap\.newKeySet)$/,
    scope: "request",
    says: unordered,
  },
  {
    pattern: /(?:^|\.)System\.(?:getenv|getProperty|lineSeparator)$/,
    scope: "constant",
    says: "reads what the program was started with: fixed at deployment",
  },
  {
    pattern: /(?:^|\.)(?:InetAddress\.getLocalHost|Runtime\.getRuntime|Runtime\.version)$/,
    scope: "constant",
    says: "speaks of the machine: fixed at deployment",
  },
];

export const wrapping = words("String.valueOf Objects.toString Objects.requireNonNull Optional.ofNullable");
export const writing = words(
  "toString format getContent getText text trim strip toInstant toEpochMilli toLocalDate getYear getMonth",
);
export const computing = /^(?:Math\.\w+|Integer\.\w+|Duration\.of\w+|min|max|minOf|maxOf|repeat)$/;
export const sorting = {
  functions: words("sortedSetOf"),
  methods: words("sorted sortedBy sortedWith sortedDescending sortedByDescending toSortedSet"),
};

export const files: FileFunctions = {
  parsers: /(?:^|\.)(?:readValue|readTree|fromJson|parseReader|loadAs|decodeFromString)$/,
  parseOpened: true,
  openers:
    /(?:^|\.)(?:Paths\.get|Path\.of|Path|File|FileReader|FileInputStream|ClassPathResource|getResource|getResourceAsStream)$/,
  // An annotation of Spring: the value stands in a file of the program.
  readers:
    /(?:^|\.)(?:Files\.(?:readString|readAllLines|readAllBytes|lines)|StreamUtils\.copyToString|IOUtils\.(?:toString|resourceToString)|annotation\.Value|Value)$/,
  readingMethods: words("readText readLines readBytes getContentAsString readAllBytes"),
  parts: words("trim strip toString trimIndent get asText getAsString"),
  pathMakers:
    /(?:^|\.)(?:Paths\.get|Path\.of|Path|File|ClassPathResource|FileInputStream|getResource|getResourceAsStream|getClassLoader|getClass)$/,
  pathMethods: words(
    "resolve getInputStream inputStream toPath toFile toUri openStream bufferedReader reader",
  ),
  places: /^System\.get(?:env|Property)\(|^(?:this\.)?(?:getClass\(\)|javaClass|StandardCharsets|Charsets)/,
};
