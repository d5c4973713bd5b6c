/** What names mean inside sections: fields of the item of a list, of an object, or of the data of the call. */
import {
  claimFor,
  type Declarations,
  declaredFor,
  declaredHere,
  inferCall,
  inferred,
  inferScope,
  isHistoryName,
  mostVolatile,
} from "../scope-inference.ts";
import type { ScopeClaim } from "../template.ts";
import type { Argument, Call } from "./expression.ts";

export interface Context {
  /** Put before the names of fields, such as `orders[]`; empty for the data of the call. */
  readonly prefix: string;
  /** What all fields inherit; `null` where each field speaks for itself. */
  readonly claim: ScopeClaim | null;
  /** Names in `as |item index|`, with what they stand for. */
  readonly names: ReadonlyMap<string, Context>;
  readonly outer: Context | null;
}

export const rootContext: Context = { prefix: "", claim: null, names: new Map(), outer: null };

export interface Meaning {
  /** Full name, such as `orders[].title`. */
  readonly name: string;
  readonly claim: ScopeClaim;
}

export function meaningOf(path: string, context: Context, declarations: Declarations): Meaning {
  const [owner, field] = locate(path, context);
  const name = [owner.prefix, field].filter((part) => part !== "").join(".") || path;
  const scope = declaredFor(name, declarations);
  if (scope !== null) return { name, claim: { scope, basis: "declared", reason: declaredHere } };
  if (path.startsWith("@") && !path.startsWith("@root")) {
    return { name: path, claim: inferred("constant", "the position in a loop follows from its list") };
  }
  if (owner.claim !== null) {
    const reason = `\`${path}\` comes from \`${owner.prefix.replace(/\[\]$/, "")}\`: ${owner.claim.reason}`;
    return { name, claim: { ...owner.claim, reason } };
  }
  return { name, claim: inferScope(name) };
}

/** The context that a path begins in, and what remains of the path. */
function locate(path: string, context: Context): readonly [Context, string] {
  let rest = path.replace(/^\.\//, "");
  let owner: Context = context;
  while (rest.startsWith("../")) {
    owner = owner.outer ?? owner;
    rest = rest.slice(3);
  }
  if (rest === "..") return [owner.outer ?? owner, ""];
  rest = rest
    .replace(/\//g, ".")
    .replace(/\.?\[(\d+)\]/g, "[$1]")
    .replace(/\[([^\][\d][^\][]*)\]/g, "$1");
  if (rest === "@root" || rest.startsWith("@root.")) {
    while (owner.outer !== null) owner = owner.outer;
    return [owner, rest.slice("@root.".length)];
  }
  const [first = ""] = rest.split(".", 1);
  for (let named: Context | null = owner; named !== null; named = named.outer) {
    const bound = named.names.get(first);
    if (bound !== undefined) return [bound, rest.slice(first.length + 1)];
  }
  if (rest === "this" || rest === ".") return [owner, ""];
  return [owner, rest.replace(/^(?:this|)\./, "")];
}

/** Helpers that only give their argument another form. */
const transparent = new Set(
  "json tojson stringify uppercase lowercase upper lower trim capitalize truncate concat lookup default join array raw".split(
    " ",
  ),
);

/** What an argument is called, and how often it changes; `null` for literals. */
export function readArgument(
  argument: Argument,
  context: Context,
  declarations: Declarations,
): Meaning | null {
  if (argument.kind === "literal") return null;
  if (argument.kind === "path") return meaningOf(argument.path, context, declarations);
  return readCall(argument.call, context, declarations);
}

export function readCall(call: Call, context: Context, declarations: Declarations): Meaning | null {
  const { head, positional, named } = call;
  const given = [...positional, ...named.values()].flatMap((argument) => {
    const meaning = readArgument(argument, context, declarations);
    return meaning === null ? [] : [meaning];
  });
  if (head.kind !== "path") return given[0] ?? readArgument(head, context, declarations);
  if (positional.length === 0 && named.size === 0) return meaningOf(head.path, context, declarations);
  const claims = given.map((meaning) => meaning.claim);
  const most = mostVolatile(claims);
  if (transparent.has(head.path.toLowerCase()) && most !== null) {
    return { name: given[0]!.name, claim: most };
  }
  const claim = claimFor(head.path, declarations, () =>
    most === null && given.length === 0 ? callOfLiterals(head.path) : inferCall(head.path, claims),
  );
  return { name: head.path, claim };
}

function callOfLiterals(helper: string): ScopeClaim {
  const byName = inferCall(helper, []);
  return byName.scope === "volatile" ? byName : inferred("constant", `\`${helper}\` is given only literals`);
}

/** True for a path that names the earlier turns. */
export function isHistoryPath(path: string): boolean {
  return isHistoryName(path.replace(/^@root\.|^(?:\.\.\/)+/, ""));
}
