/** Ways in which code keeps only the last of a list; every language writes them in a few. */
import type { Node } from "web-tree-sitter";
import type { HistoryWindow } from "../template.ts";

/** Of whatever is called so. */
export const anyName = "[A-Za-z_]\\w{0,60}";

interface Cut {
  readonly keep: HistoryWindow["keep"];
  /** With the groups `list` and `count`. */
  readonly pattern: RegExp;
  /** Whether it changes the list itself. */
  readonly isInPlace: boolean;
}

/** Ways to keep the last of a list that is called `name`, a name or a pattern of names. */
export function cutsOf(name: string): readonly Cut[] {
  const list = `(?:[\\w$@]{1,40}(?:\\.|->|::)){0,3}[$@]?\\b${name}`;
  const named = `(?<list>${list})`;
  const number = "(?<count>(?:[\\w$]{1,40}(?:\\.|->|::)){0,3}\\$?[A-Za-z_]\\w{0,60}|[0-9][0-9_]{0,8})";
  const length = `(?:len\\(\\s{0,4}${list}\\s{0,4}\\)|count\\(\\s{0,4}${list}\\s{0,4}\\)|${list}\\.(?:length|len\\(\\)|size\\(\\)|size|Count|Length))`;
  const less = `(?:Math\\.[mM]ax\\(\\s{0,4}0\\s{0,4},\\s{0,4})?${length}(?:\\s{0,4}-\\s{0,4}|\\.saturating_sub\\(\\s{0,4})${number}`;
  // The first of a list, which goes when there are too many.
  const first =
    "(?:pop\\(\\s{0,4}[0-9]|(?:shift|popleft|removeFirst|remove|RemoveAt|RemoveRange|delete_at|splice)\\b)";
  const parts: readonly (readonly [HistoryWindow["keep"], string])[] = [
    // `history[-10:]`, `history[-10..]`, `history[^10..]`
    ["messages", `${named}\\s{0,4}\\[\\s{0,4}[-^]\\s{0,4}${number}\\s{0,4}(?::|\\.\\.)`],
    [
      "messages",
      `${named}\\??\\.(?:slice\\(\\s{0,4}-|(?:last|takeLast|TakeLast|suffix)\\()\\s{0,4}${number}\\s{0,4}\\)`,
    ],
    ["messages", `array_slice\\(\\s{0,4}${named}\\s{0,4},\\s{0,4}-\\s{0,4}${number}`],
    // `h[len(h)-20:]`, `h.slice(h.length - MAX)`, `h.subList(h.size() - 8, …)`
    ["messages", `${named}\\[\\s{0,4}${less}\\s{0,4}\\)?\\s{0,4}(?::|\\.\\.)`],
    ["messages", `${named}\\.(?:slice|subList|Skip|drop)\\(\\s{0,4}${less}`],
  ];
  const changes: readonly (readonly [HistoryWindow["keep"], string])[] = [
    // `del history[:-10]`, `del messages[1:-10]`
    [
      "messages",
      `\\bdel\\s{1,4}${named}\\s{0,4}\\[\\s{0,4}[0-9]{0,4}\\s{0,4}:\\s{0,4}-\\s{0,4}${number}\\s{0,4}\\]`,
    ],
    // `h.splice(0, h.length - MAX)`, `h.drain(..h.len() - MAX)`
    [
      "messages",
      `${named}\\.(?:splice|drain|RemoveRange|removeRange)\\(\\s{0,4}(?:[0-9]\\s{0,4},\\s{0,4}|[0-9]?\\.\\.)?${less}`,
    ],
    // `while len(h) > 20: h.pop(0)`
    [
      "messages",
      `(?:while|if|until)\\s{0,4}\\(?\\s{0,4}${length}\\s{0,4}>=?\\s{0,4}${number}[^]{0,120}?${named}\\.${first}`,
    ],
    [
      "messages",
      `${named}\\b[^=\\n]{0,60}=[^\\n]{0,40}\\bdeque\\([^)\\n]{0,60}\\bmaxlen\\s{0,4}=\\s{0,4}${number}`,
    ],
    // `while count(messages) > 6000: messages.pop(1)`
    [
      "tokens",
      `while\\s{0,4}\\(?\\s{0,4}[\\w.$]{0,60}(?:[tT]oken|count)\\w{0,30}\\([^)\\n]{0,60}\\)\\s{0,4}>=?\\s{0,4}${number}[^]{0,120}?${named}\\.${first}`,
    ],
  ];
  const cut =
    (isInPlace: boolean) =>
    ([keep, pattern]: readonly [HistoryWindow["keep"], string]) => ({
      keep,
      pattern: new RegExp(pattern, "g"),
      isInPlace,
    });
  return [...parts.map(cut(false)), ...changes.map(cut(true))];
}

/** UTF-16 units of a value that can be a cut. */
export const longestCut = 500;

/** What may stand around the parts of a list that is put together of its own. */
const joining =
  /^(?:[\s[\](){},+*.!?:&]|new\b|append|array_merge|concat|listOf|list|List|toList|ToList|to_vec|spread)*$/;

/**
 * Whether a value is what the list `called` so has first, and the last of it: `[messages[0], *messages[-10:]]`. It is still
 * the same list, of which some turns in the middle are left out.
 */
export function leavesOutMiddle(called: string, { text: value }: Pick<Node, "text">): boolean {
  const name = called.replace(/^[$@#]+/, "").replaceAll("$", "\\$");
  const list = `(?:[\\w$@]{1,40}(?:\\.|->|::)){0,3}[$@]?\\b${name}`;
  const first = new RegExp(
    `array_slice\\(\\s*${list}\\s*,\\s*0\\s*,\\s*[0-9]\\s*\\)|${list}!?(?:\\[\\s*0\\s*\\]|\\[\\s*0?\\s*(?::|\\.\\.)\\s*[0-9]\\s*\\]|\\.(?:slice|subList)\\(\\s*0\\s*,\\s*[0-9]\\s*\\)|\\.(?:take|Take|first|First|getFirst|get|at)\\(\\s*[0-9]?\\s*\\)|\\.first\\b)`,
  );
  const tail = value.replace(first, "");
  if (tail === value) return false;
  return cutsOf(name).some(({ pattern, isInPlace }) => {
    const left = isInPlace ? tail : tail.replace(pattern, "");
    return left !== tail && joining.test(left.replace(/,\s*[\w.$]+(?:\(\))?\s*\)/g, ")"));
  });
}
