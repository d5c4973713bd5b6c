/** Dictionaries and objects: what is spread into them, and one of two. */
import type { Node } from "web-tree-sitter";
import type { HoleSegment } from "../template.ts";
import type { TextRange } from "../text.ts";
import type { Evaluation } from "./evaluation.ts";
import type { Asked, Expression } from "./expression.ts";
import { rangeOf } from "./nodes.ts";
import { knownText, unknownText } from "./pieces.ts";
import { type CodeValue, entry, type RecordValue } from "./values.ts";

export class Records {
  readonly #evaluation: Evaluation;

  constructor(evaluation: Evaluation) {
    this.#evaluation = evaluation;
  }

  /** A record that is written out, with what is spread into it. */
  record(node: Node, { entries: all }: Extract<Expression, { readonly kind: "record" }>): RecordValue {
    const entries: { key: string; value: CodeValue }[] = [];
    const more: CodeValue[] = [];
    let isWhole = true;
    for (const { key, value, isSpread } of all) {
      if (isSpread === true) {
        const inner = this.#spreadRecord(value, entries);
        if (inner.kind === "record") entries.push(...inner.entries);
        if (inner.kind === "record") more.push(...(inner.more ?? []));
        else more.push(inner);
        isWhole &&= inner.kind === "record" && inner.isWhole;
        continue;
      }
      const name = key === null || typeof key === "string" ? key : this.#keyOf(key);
      if (name === null) isWhole = false;
      else entries.push({ key: name, value: this.#evaluation.value(value) });
    }
    return {
      ...written(this.#evaluation, node),
      kind: "record",
      entries,
      isWhole,
      ...(more.length > 0 && { more }),
    };
  }

  /** `...(isMember && { tour })` gives entries under a condition; otherwise those that were there before stay. */
  #spreadRecord(value: Node, before: RecordValue["entries"]): CodeValue {
    const lowered = this.#evaluation.program.lowerBare(value);
    const yes =
      lowered.kind === "choice" && lowered.yes !== null ? this.#evaluation.value(lowered.yes) : null;
    if (lowered.kind !== "choice" || lowered.no !== null || yes?.kind !== "record")
      return this.#evaluation.value(value);
    const keys = new Set(yes.entries.map(({ key }) => key));
    const entries = before.filter(({ key }) => keys.has(key));
    const no: RecordValue = { ...written(this.#evaluation, value), kind: "record", entries, isWhole: true };
    return this.oneOf(value, lowered.range ?? rangeOf(value), lowered.asked, yes, no);
  }

  #keyOf(node: Node): string | null {
    const key = this.#evaluation.value(node);
    return key.kind === "text" ? knownText(key.pieces) : null;
  }

  /** What each key holds in either of them. */
  oneOf(node: Node, range: TextRange, asked: Asked, yes: RecordValue, no: RecordValue): RecordValue {
    const keys = new Set([...yes.entries, ...no.entries].map(({ key }) => key));
    this.#evaluation.budget.spend(keys.size);
    const entries = [...keys].map((key) => {
      const [first, second] = [entry(yes, key), entry(no, key)];
      return { key, value: this.#oneOfEntry(node, range, asked, first, second) };
    });
    const more = [...(yes.more ?? []), ...(no.more ?? [])];
    const made = { entries, isWhole: yes.isWhole && no.isWhole, range, ...(more.length > 0 && { more }) };
    return { ...written(this.#evaluation, node), kind: "record", ...made };
  }

  #oneOfEntry(
    node: Node,
    range: TextRange,
    asked: Asked,
    yes: CodeValue | undefined,
    no: CodeValue | undefined,
  ): CodeValue {
    if (yes !== undefined && no !== undefined && (yes === no || saysSame(yes, no))) return yes;
    const only = yes === undefined || no === undefined ? (yes ?? no) : undefined;
    // What is no text is there or not, as it is.
    if (only?.kind === "call" || only?.kind === "function" || only?.kind === "record")
      return this.#evaluation.maybe(only, asked, range, yes === undefined);
    return this.#evaluation.oneOf(node, range, asked, yes ?? null, no ?? null);
  }
}

function written(evaluation: Evaluation, node: Node): { range: TextRange; hole: () => HoleSegment } {
  const { range, hole } = evaluation.opaque(node);
  return { range, hole };
}

/** Two texts of which all is known, and which are one. */
function saysSame(a: CodeValue, b: CodeValue): boolean {
  if (a.kind !== "text" || b.kind !== "text") return false;
  const said = knownText(a.pieces);
  return !said.includes(unknownText) && said === knownText(b.pieces);
}

/** Messages of two senders are no one message, whatever they hold. */
export function haveOneSender(yes: RecordValue, no: RecordValue): boolean {
  return ["role", "type"].every((key) => {
    const [first, second] = [entry(yes, key), entry(no, key)];
    return first === second || (first !== undefined && second !== undefined && saysSame(first, second));
  });
}
