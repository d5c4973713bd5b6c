/** Texts that only people get to see: what is thrown, printed, or asked for consent, whatever its name says. */
import type { Node } from "web-tree-sitter";
import { splitWords, words } from "../names.ts";
import type { Evaluation } from "./evaluation.ts";
import type { CallExpression } from "./expression.ts";
import type { Program } from "./program.ts";
import { lastPart } from "./values.ts";

/** Uses of a name that are looked at; one with more is no message to a person. */
const mostUses = 20;

/** Expressions around a name, up to the call that it is given to. */
const mostAround = 12;

/** Whether all that is done with the name between two offsets, of which there is something, is to show it to a person. */
export function isOnlyShown(
  { program, budget }: Evaluation,
  root: Node,
  { name, from, to }: { readonly name: string; readonly from: number; readonly to: number },
): boolean {
  let shown = 0;
  budget.spend(to - from);
  if (budget.isSpent) return false;
  const written = new RegExp(`(?<![\\w$.])${name.replaceAll("$", "\\$")}(?![\\w$])`, "g");
  written.lastIndex = from;
  for (let match = written.exec(program.source); match !== null; match = written.exec(program.source)) {
    if (match.index >= to) break;
    const node = root.descendantForIndex(match.index, match.index + name.length);
    if (node === null || !program.language.nameTypes.includes(node.type)) continue;
    if (shown === mostUses || !isShown(program, node)) return false;
    shown++;
  }
  return shown > 0;
}

/** Whether the call that a name is given to, as it is or in a text or an object, shows it to a person. */
function isShown(program: Program, name: Node): boolean {
  let at = name;
  for (let around = 0; around < mostAround; around++) {
    const parent = program.parentOf(at);
    if (parent === null || program.functionOf(parent) !== null) return false;
    at = parent;
    const lowered = program.lower(at);
    if (lowered.kind === "call" && isArgument(lowered, name)) return isForPeople(program, lowered);
  }
  return false;
}

function isArgument(call: CallExpression, name: Node): boolean {
  return call.arguments.some(
    ({ value }) => value.startIndex <= name.startIndex && name.endIndex <= value.endIndex,
  );
}

/** What a call is called that shows its arguments. */
const showing = words(
  "print println printf puts eprintln log warn warning error debug info alert abort panic fatal fail fprintf errorf",
);

/** Words in the name of a call that speaks to the person at the screen. */
const personWords = words(
  "consent confirm confirmation approval stdout stderr toast dialog notification exception",
);

function isForPeople(program: Program, call: CallExpression): boolean {
  const callee = program.calleeOf(call);
  const last = lastPart(callee);
  if (showing.has(last.toLowerCase()) || /Error$/.test(last)) return true;
  // The shell of Python and of Node.
  if (callee === "input" || /(?:^|\.)(?:rl|readline)\.question$/.test(callee)) return true;
  return [...splitWords(last), ...splitWords(callee.split(".").at(-2) ?? "")].some((word) =>
    personWords.has(word),
  );
}
