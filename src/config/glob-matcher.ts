/**
 * One glob as a test of paths. Patterns come from files that nobody has looked at: backtracking over many wildcards can take
 * for ever, so that those with more than a few are matched segment by segment, in time that grows with pattern × path.
 */
import picomatch from "picomatch";

export type PathTest = (path: string) => boolean;

/** Of stars and groups. Three cost a regular expression a few milliseconds on the longest names. */
const fewWildcards = 3;
const manyAlternatives = 256;

/** Braces and classes are understood in every pattern, groups such as `@(a|b)` in those with few wildcards only. */
export function globMatcher(pattern: string): PathTest {
  const wildcards = pattern.match(/\*+|[({]/g) ?? [];
  if (wildcards.length <= fewWildcards && !/[*+]\(/.test(pattern)) return picomatch(pattern, { dot: true });
  const marks = /^!*/.exec(pattern)?.[0].length ?? 0;
  const wanted = alternativesOf(pattern.slice(marks)).map(segmentsOf);
  const isNegated = marks % 2 === 1;
  return (path) => {
    const names = path.split("/");
    return wanted.some((segments) => matches(segments, names)) !== isNegated;
  };
}

/** Tests of one character each; `null` for `*`, any number of them. */
type Segment = "**" | readonly (((character: string) => boolean) | null)[];

/** The pattern without braces, in all ways; only the first of very many. */
function alternativesOf(pattern: string): readonly string[] {
  const done: string[] = [];
  const left = [pattern];
  while (left.length > 0 && done.length < manyAlternatives) {
    const next = left.pop()!;
    const braces = /\{([^{}]*,[^{}]*)\}/.exec(next);
    if (braces === null) {
      done.push(next);
      continue;
    }
    const [whole, inner = ""] = braces;
    const options = inner.split(",").slice(0, manyAlternatives);
    for (const option of options) {
      if (left.length + done.length > 2 * manyAlternatives) break;
      left.push(next.slice(0, braces.index) + option + next.slice(braces.index + whole.length));
    }
  }
  return done;
}

/** Several `**` in a row are one. */
function segmentsOf(pattern: string): readonly Segment[] {
  const segments = pattern.split("/").map(segmentOf);
  return segments.filter((segment, index) => segment !== "**" || segments[index - 1] !== "**");
}

function segmentOf(text: string): Segment {
  if (text === "**") return "**";
  const tests: (((character: string) => boolean) | null)[] = [];
  for (const [token] of text.matchAll(/\*+|\[[^\]]+\]|[\s\S]/g)) {
    if (token.startsWith("*")) tests.push(null);
    else if (token === "?") tests.push(() => true);
    else if (token.length > 1) tests.push(classOf(token.slice(1, -1)));
    else tests.push((character) => character === token);
  }
  return tests;
}

function classOf(inner: string): (character: string) => boolean {
  // As in the patterns with few wildcards, `!` negates nothing here.
  const isNegated = inner.startsWith("^");
  const text = isNegated ? inner.slice(1) : inner;
  const ranges = [...text.matchAll(/([\s\S])-([\s\S])|([\s\S])/g)].map(([, low, high, single]) => [
    low ?? single ?? "",
    high ?? single ?? "",
  ]);
  return (character) =>
    ranges.some(([low = "", high = ""]) => low <= character && character <= high) !== isNegated;
}

/** Row by row: how many leading segments of the pattern match how many leading names of the path. */
function matches(segments: readonly Segment[], names: readonly string[]): boolean {
  let row = [true, ...names.map(() => false)];
  for (const [at, segment] of segments.entries()) {
    const before = row;
    // At the end, behind a `*`, it stands for one name at least; elsewhere for none as well.
    const needsOne = at === segments.length - 1 && at > 0 && segments[at - 1]?.at(-1) === null;
    row = [segment === "**" && before[0] === true];
    let isReached = before[0] === true;
    for (const [index, name] of names.entries()) {
      if (segment === "**") {
        row.push(isReached || (!needsOne && before[index + 1] === true));
        isReached ||= before[index + 1] === true;
      } else row.push(before[index] === true && matchesName(segment, name));
    }
  }
  return row[names.length] === true;
}

/** Only the last `*` is ever taken back. */
function matchesName(tests: Exclude<Segment, "**">, name: string): boolean {
  let [at, test, starAt, starTest] = [0, 0, -1, -1];
  while (at < name.length) {
    const wanted = tests[test];
    if (wanted === null) {
      [starAt, starTest] = [at, test];
      test++;
    } else if (wanted?.(name[at]!) === true) {
      at++;
      test++;
    } else if (starTest >= 0) {
      starAt++;
      [at, test] = [starAt, starTest + 1];
    } else return false;
  }
  while (tests[test] === null) test++;
  return test === tests.length;
}
