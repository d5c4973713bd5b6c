/** The order in which an expression gives its items: drawn, left open, or fixed; and how to write it so that it is fixed. */

const draws =
  /\b(?:shuffle|shuffled|sample)\b|\b(?:set|frozenset|listdir|scandir|iterdir|readdir|readdirSync|r?glob|iglob|globSync)\s*\(/;

/** Whether the order may be another one in each call, by what is called. */
export function drawsOrder(expression: string): boolean {
  return draws.test(expression) && !isSorted(expression);
}

const sorts = /\|\s*(?:sort|dictsort)\b|\bsorted\s*\(|\.(?:sort|toSorted)\s*\(/;

/** Whether the same items always come in the same order. */
export function isSorted(expression: string): boolean {
  return sorts.test(expression) && !/\|\s*shuffle\b(?!.*\|\s*sort\b)/s.test(expression);
}

export interface Ordering {
  /** Id of the format, or of the engine, that reads the expression. */
  readonly language: string;
  /** Fields of the items that are shown, such as `title`; none where an item is shown whole. */
  readonly fields: readonly string[];
}

/** The expression with its items in a fixed order; `null` where that cannot be written there, or is not known how. */
export function inFixedOrder(expression: string, { language, fields }: Ordering): string | null {
  if (isSorted(expression)) return null;
  switch (language) {
    case "jinja":
    case "jinja-whole":
    case "prompty":
      return sortedInJinja(expression, fields);
    case "python":
      // Dictionaries and objects cannot be compared with each other.
      return fields.length > 0 ? null : sortedInPython(expression);
    case "javascript":
      return fields.length > 0 ? null : sortedInJavascript(expression);
    default:
      return null;
  }
}

const plainPath =
  /^[\p{L}_$][\p{L}\p{N}_$]*(?:\.[\p{L}_$][\p{L}\p{N}_$]*|\[(?:\d+|"[^"\\]*"|'[^'\\]*')\])*$/u;
const drawingFilter = /\|\s*shuffle\b(?:\s*\(\s*\))?/;

function sortedInJinja(expression: string, [field]: readonly string[]): string | null {
  const sort = field === undefined ? "| sort" : `| sort(attribute="${field}")`;
  if (drawingFilter.test(expression)) return expression.replace(drawingFilter, sort);
  const [list = "", ...filters] = expression.split("|");
  if (drawsOrder(expression) || !plainPath.test(list.trim())) return null;
  const behind = filters.length === 0 ? "" : ` |${filters.join("|")}`;
  return `${list.trimEnd()} ${sort}${behind}`;
}

function sortedInPython(expression: string): string | null {
  // A sample holds other items each time.
  if (/\b(?:shuffle|shuffled|sample)\b/.test(expression)) return null;
  const call = callIn(expression, /\b(?:set|frozenset|listdir|scandir|iterdir|r?glob|iglob)\s*\(/);
  if (call !== null) return replaced(expression, call, (text) => `sorted(${text})`);
  const isSet = /^\{[^{}]*\}$/.test(expression) && !expression.includes(":");
  return plainPath.test(expression) || isSet ? `sorted(${expression})` : null;
}

function sortedInJavascript(expression: string): string | null {
  if (/\bawait\b/.test(expression)) return null;
  const drawn = callIn(expression, /\b(?:shuffle|shuffled)\s*\(/);
  if (drawn !== null) {
    const given = /\(\s*(.*?)\s*\)$/s.exec(expression.slice(drawn.start, drawn.end))?.[1] ?? "";
    return plainPath.test(given) ? replaced(expression, drawn, () => `[...${given}].sort()`) : null;
  }
  const listed = callIn(expression, /\b(?:readdirSync|globSync)\s*\(/);
  if (listed !== null) return replaced(expression, listed, (text) => `${text}.sort()`);
  return plainPath.test(expression) ? `[...${expression}].sort()` : null;
}

/** The only set in a piece of code, in a fixed order, and where it stands; `null` where there is no other, or more of them. */
export function setInOrder(code: string, language: string): (Span & { readonly newText: string }) | null {
  if (language !== "python" || isSorted(code)) return null;
  const sets = [...code.matchAll(/\{[^{}:]*\}|\b(?:frozen)?set\(/g)].map(({ 0: text, index }) => ({
    start: index,
    end: text.endsWith("}") ? index + text.length : closing(code, index + text.length - 1),
  }));
  const [only, ...more] = sets;
  if (only === undefined || only.end === null || more.length > 0) return null;
  const { start, end } = only;
  return { start, end, newText: `sorted(${code.slice(start, end)})` };
}

interface Span {
  readonly start: number;
  readonly end: number;
}

function replaced(text: string, { start, end }: Span, change: (part: string) => string): string {
  return text.slice(0, start) + change(text.slice(start, end)) + text.slice(end);
}

const closers: Readonly<Record<string, string>> = { ")": "(", "]": "[", "}": "{" };

/** The first call of such a function, with what it is called on; `null` where there is none, or a bracket is open. */
function callIn(text: string, name: RegExp): Span | null {
  const match = name.exec(text);
  if (match === null) return null;
  const end = closing(text, match.index + match[0].length - 1);
  return end === null ? null : { start: ownerStart(text, match.index), end };
}

/** Behind the bracket that closes the one at `open`; strings are skipped. */
function closing(text: string, open: number): number | null {
  const stack: string[] = [];
  for (let at = open; at < text.length; at++) {
    const unit = text[at]!;
    if (unit === '"' || unit === "'") {
      at = text.indexOf(unit, at + 1);
      if (at < 0) return null;
    } else if (unit === "(" || unit === "[" || unit === "{") stack.push(unit);
    else if (unit in closers && stack.pop() !== closers[unit]) return null;
    if (stack.length === 0) return at + 1;
  }
  return null;
}

/** Start of `Path("docs").` in front of a name: names, and calls of them, joined by dots. */
function ownerStart(text: string, name: number): number {
  let start = name;
  while (text[start - 1] === ".") {
    let at = start - 1;
    if (text[at - 1] === ")") {
      let open = at - 1;
      for (let depth = 0; open >= 0; open--) {
        if (text[open] === ")") depth++;
        else if (text[open] === "(" && --depth === 0) break;
      }
      if (open < 0) return start;
      at = open;
    }
    const owner = /[\p{L}\p{N}_$]+$/u.exec(text.slice(0, at));
    if (owner === null) return start;
    start = owner.index;
  }
  return start;
}
