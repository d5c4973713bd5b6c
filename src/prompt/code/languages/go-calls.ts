/** What functions of Go's library and of common packages do, and how often what they give changes. */
import { EmbeddedTextBuilder, type Engine } from "../../embedded.ts";
import { goTemplateEngine, looksLikeGoTemplate } from "../../go-template.ts";
import { rangeOf } from "../nodes.ts";
import {
  changed,
  dedented,
  joinedItems,
  type Operation,
  replaced,
  replaceText,
  same,
  trimmed,
} from "../operations.ts";
import { goFormatEngine } from "../percent.ts";
import { dedentPieces, fillHoles, filterUnits, knownText, literal } from "../pieces.ts";
import { isFilled, piecesOf } from "../values.ts";
import type { KnownCall } from "../volatile.ts";

/** `fmt.Sprintf(format, values…)`; what stands before the format is written to. https://pkg.go.dev/fmt */
function printf(format: number): Operation {
  return ({ node, given }, bench) => {
    const text = given[format];
    if (text?.kind !== "text") return null;
    bench.spend(text.pieces);
    const values = given.slice(format + 1).map((value, index) => [String(index), piecesOf(value)] as const);
    return bench.text(node, bench.read(text.pieces, goFormatEngine, new Map(values)), true);
  };
}

/** `fmt.Sprint(values…)`, which puts no blank beside a text; `Sprintln` puts one between all, and ends the line. */
function print(from: number, isLine: boolean): Operation {
  return ({ node, given }, bench) => {
    const values = given.slice(from);
    if (!values.some(({ kind }) => kind === "text")) return null;
    const said = (text: string, at: number) => {
      const builder = new EmbeddedTextBuilder(bench.source);
      builder.unit(text, at, at);
      return literal(builder.build({ start: at, end: at }));
    };
    const pieces = values.flatMap((value, index) => [
      ...(isLine && index > 0 ? said(" ", value.range.start) : []),
      ...piecesOf(value),
    ]);
    const last = values.at(-1)!.range.end;
    return bench.text(node, isLine ? [...pieces, ...said("\n", last)] : pieces, values.some(isFilled));
  };
}

/** `strings.NewReplacer("{a}", a, "{b}", b).Replace(text)`. https://pkg.go.dev/strings#NewReplacer */
const replacedAll: Operation = ({ node, call, given: [text] }, bench) => {
  const made = call.receiver?.();
  if (made?.kind !== "call" || !/(?:^|\.)NewReplacer$/.test(made.callee) || text?.kind !== "text")
    return null;
  let { pieces } = text;
  for (let at = 0; at + 1 < made.positional.length; at += 2) {
    const [pattern, value] = [made.positional[at]!, made.positional[at + 1]!];
    if (pattern.kind !== "text") return null;
    bench.spend(pieces);
    pieces = replaceText(pieces, { text: knownText(pattern.pieces), isGlobal: true, value });
  }
  return bench.text(node, pieces, true);
};

/** `strings.Replace(text, old, new, n)`: as often as `n` says, `-1` for all. */
const replacedTimes: Operation = (operands, bench) => {
  const times = operands.given[3];
  const isOnce = times?.kind === "literal" && times.value === 1;
  return replaced(!isOnce, { place: 0, first: 1 })(operands, bench);
};

/** Where the engine for Go's templates is plugged in: `template.New("…").Parse("…")` reads the text with it. */
const parsedTemplate: Operation = ({ node, call, given: [text] }, bench) => {
  const isTemplate = /template|tmpl|tpl/i.test(call.callee);
  if (!isTemplate || text?.kind !== "text") return null;
  bench.spend(text.pieces);
  return bench.text(node, bench.read(text.pieces, goTemplateEngine, new Map()), true);
};

/** `t.Execute(&b, data)`: the places of the template are fields of a struct, or entries of a map. */
const executed: Operation = ({ node, owner, given }, bench) => {
  if (owner?.kind !== "text") return null;
  const data = given.at(-1);
  bench.spend(owner.pieces);
  const entries = data?.kind === "record" ? data.entries : [];
  const values = entries.flatMap(({ key, value }) => {
    const pieces = piecesOf(value);
    return [[key, pieces] as const, [key.slice(0, 1).toUpperCase() + key.slice(1), pieces] as const];
  });
  return bench.text(node, fillHoles(owner.pieces, new Map(values)), true);
};

/** `strings.Repeat("-", 3)`, of a text that is written out. */
const repeated: Operation = ({ node, given: [text, times] }, bench) => {
  const [only, ...others] = text?.kind === "text" ? text.pieces : [];
  const count = times?.kind === "literal" && typeof times.value === "number" ? times.value : null;
  if (only?.kind !== "literal" || others.length > 0 || count === null) return null;
  if (count < 0 || count * only.text.text.length > longestRepeated) return null;
  const builder = new EmbeddedTextBuilder(bench.source);
  builder.unit(only.text.text.repeat(count), node.startIndex, node.endIndex);
  return bench.text(node, literal(builder.build(rangeOf(node))), false);
};

const longestRepeated = 1000;

/** https://pkg.go.dev/github.com/MakeNowJust/heredoc: the first line end goes, and the blanks that all lines begin with. */
const heredoc: Operation = changed(0, (pieces) =>
  dedentPieces(
    filterUnits(pieces, (text) => new Uint8Array(text.length).fill(1, text.startsWith("\n") ? 1 : 0)),
  ),
);

const functions: ReadonlyMap<string, Operation> = new Map([
  ["fmt.Sprintf", printf(0)],
  ["fmt.Fprintf", printf(1)],
  ["fmt.Fprint", print(1, false)],
  ["fmt.Fprintln", print(1, true)],
  ["fmt.Sprint", print(0, false)],
  ["fmt.Sprintln", print(0, true)],
  ["string", same(0)],
  ["strings.Repeat", repeated],
  ["strings.Clone", same(0)],
  ["bytes.NewBufferString", same(0)],
  ["strings.Join", joinedItems(0, 1)],
  ["strings.TrimSpace", trimmed("both", 0)],
  ["strings.Trim", trimmed("both", 0, 1)],
  ["strings.TrimLeft", trimmed("start", 0, 1)],
  ["strings.TrimRight", trimmed("end", 0, 1)],
  ["strings.ReplaceAll", replaced(true, { place: 0, first: 1 })],
  ["strings.Replace", replacedTimes],
  ["dedent.Dedent", dedented(0)],
  ["heredoc.Doc", heredoc],
  ["template.Must", same(0)],
]);

/** Packages are called by the last part of their path: `github.com/lithammer/dedent.Dedent`. */
export function functionNamed(name: string): Operation | null {
  return functions.get(name.slice(name.lastIndexOf("/") + 1)) ?? null;
}

export const methods: ReadonlyMap<string, Operation> = new Map([
  ["String", same("owner")],
  ["Bytes", same("owner")],
  ["Replace", replacedAll],
  ["Parse", parsedTemplate],
  ["Execute", executed],
]);

/** `%s` of a constant is filled in by whoever uses it, and so is `{{.Name}}`. */
export function engineOfConstant(text: string): Engine | null {
  if (looksLikeGoTemplate(text)) return goTemplateEngine;
  return /(?<![\d%])%(?:\[\d\])?[+#]?[svdq](?!\w)/.test(text) ? goFormatEngine : null;
}

export const knownCalls: readonly KnownCall[] = [
  { pattern: /^time\.Now$/, scope: "volatile", says: "gives another text in every call" },
  {
    pattern: /^(?:math\/)?rand\.\w+$|^crypto\/rand\.\w+$/,
    scope: "volatile",
    says: "gives another text in every call",
  },
  {
    pattern: /(?:^|\/)uuid\.(?:New|NewString|NewV[1-7]|Must)$/,
    scope: "volatile",
    says: "gives another text in every call",
  },
  {
    pattern: /^os\.(?:Getenv|LookupEnv)$/,
    scope: "constant",
    says: "reads an environment variable: fixed at deployment",
  },
  {
    pattern: /^os\.Hostname$|^runtime\.\w+$/,
    scope: "constant",
    says: "speaks of the machine: fixed at deployment",
  },
  { pattern: /^os\.Getwd$/, scope: "session", says: "speaks of where the program runs" },
  {
    pattern: /^os\.ReadDir$|^(?:path\/)?filepath\.(?:Walk|Glob)$/,
    scope: "constant",
    says: "gives its items by name: the same until what it lists changes",
  },
  {
    pattern: /^maps\.(?:Keys|Values)$/,
    scope: "request",
    says: "gives its items in no fixed order: the text may differ although they are the same",
  },
];
