/** Globs over workspace-relative paths, in time that grows with the path: who writes them may be a stranger. */
import picomatch from "picomatch";

export type PathTest = (path: string) => boolean;

/** More alternatives in braces than anybody writes. */
const maxAlternatives = 200;

/** What only picomatch reads: it tries every way to spread a path over the wildcards. */
const special = /^!|["[\]()|\\]|\{[^{},]*\}/;

/** So many wildcards picomatch can bear, and no group that repeats. */
const maxStars = 3;

/** Tells of a path whether it matches; a glob that would take too long matches nothing (promptcache.json refuses it). */
export function globMatcher(glob: string): PathTest {
  if (special.test(glob)) return isCheap(glob) ? picomatch(glob, { dot: true }) : () => false;
  const alternatives = alternativesOf(glob);
  if (alternatives === null) return () => false;
  const patterns = alternatives.map(segmentsOf);
  return (path) => {
    const segments = path.split("/");
    return patterns.some((pattern) => matchesPath(pattern, segments));
  };
}

// `a/**` covers `a` itself; behind a star, as in `*/**`, something must lie in the folder.
function segmentsOf(glob: string): readonly string[] {
  const segments = glob.split("/").filter((one, index, all) => one !== "**" || all[index + 1] !== "**");
  const before = segments.at(-2);
  const isInside = segments.at(-1) === "**" && before?.endsWith("*") === true && before !== "**";
  return isInside ? [...segments.slice(0, -1), "*", "**"] : segments;
}

/** Whether a glob is read as it is meant: it has not too many alternatives, and no wildcards that take too long. */
function isBoundedGlob(glob: string): boolean {
  return special.test(glob) ? isCheap(glob) : alternativesOf(glob) !== null;
}

function isCheap(glob: string): boolean {
  return (glob.match(/\*+/g)?.length ?? 0) <= maxStars && !/[+*!]\(/.test(glob);
}

/** `a.{b,c}` as `a.b` and `a.c`; `null` where there are too many. */
function alternativesOf(glob: string): readonly string[] | null {
  let done = [""];
  for (let at = 0; at < glob.length; ) {
    const open = glob.indexOf("{", at);
    const close = open < 0 ? -1 : closingBrace(glob, open);
    const end = close < 0 ? glob.length : open;
    done = done.map((before) => before + glob.slice(at, end));
    if (close < 0) break;
    const inside: string[] = [];
    for (const part of splitOutside(glob.slice(open + 1, close))) {
      const inner = alternativesOf(part);
      if (inner === null) return null;
      inside.push(...inner);
    }
    if (done.length * inside.length > maxAlternatives) return null;
    done = done.flatMap((before) => inside.map((part) => before + part));
    at = close + 1;
  }
  return done;
}

function closingBrace(glob: string, open: number): number {
  let depth = 0;
  for (let at = open; at < glob.length; at++) {
    if (glob[at] === "{") depth++;
    else if (glob[at] === "}" && --depth === 0) return at;
  }
  return -1;
}

/** Cut at the commas that stand in no braces. */
function splitOutside(text: string): readonly string[] {
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (let at = 0; at < text.length; at++) {
    if (text[at] === "{") depth++;
    else if (text[at] === "}") depth--;
    else if (text[at] === "," && depth === 0) {
      parts.push(text.slice(start, at));
      start = at + 1;
    }
  }
  return [...parts, text.slice(start)];
}

/** `**` stands for any folders, none included. The last `**` that was met is enough to go back to. */
function matchesPath(pattern: readonly string[], path: readonly string[]): boolean {
  return greedy(
    pattern.length,
    path.length,
    (index) => pattern[index] === "**",
    (index, at) => matchesSegment(pattern[index]!, path[at]!),
  );
}

function matchesSegment(pattern: string, text: string): boolean {
  if (text === "") return pattern === "";
  return greedy(
    pattern.length,
    text.length,
    (index) => pattern[index] === "*",
    (index, at) => pattern[index] === "?" || pattern[index] === text[at],
  );
}

/** Whether the parts of a pattern cover a row of things, where a wildcard covers any number of them. */
function greedy(
  parts: number,
  things: number,
  isWild: (part: number) => boolean,
  covers: (part: number, thing: number) => boolean,
): boolean {
  let part = 0;
  let wild = -1;
  let resume = 0;
  for (let thing = 0; thing < things; ) {
    if (part < parts && isWild(part)) {
      wild = part++;
      resume = thing;
    } else if (part < parts && covers(part, thing)) {
      part++;
      thing++;
    } else if (wild >= 0) {
      part = wild + 1;
      thing = ++resume;
    } else return false;
  }
  while (part < parts && isWild(part)) part++;
  return part === parts;
}

/** The schema of promptcache.json has the same; a test compares the two. */
const globPattern =
  /^(?=[\s\S]{1,1000}$)(?!\/|\.\.?\/)(?![\s\S]*[+*!]\()(?!(?=!|[\s\S]*(?:["[(|]|\{[^{},]*\}))(?:[^*]*\*+){4})(?:[^\\[\]{}()]|\[[^[\]\\]+\]|\{[^{}\\]+\}|\([^()\\]+\))+$/;
export const globExpected =
  'a glob relative to the workspace, such as "prompts/**/*.j2", with "/" between folders, every bracket closed, and at most three "*" beside [ ] and ( )';

export function isGlob(written: string): boolean {
  return globPattern.test(written) && isBoundedGlob(written);
}
