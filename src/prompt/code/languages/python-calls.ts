/** Functions of Python's library, and of some others, that tell how often a value changes. */
import type { KnownCall } from "../volatile.ts";

const anew = "gives another text in every call";
const unordered = "gives its items in no fixed order: the text may differ although they are the same";

export const pythonCalls: readonly KnownCall[] = [
  {
    pattern: /(?:^|\.)(?:datetime|pendulum|arrow|timezone)\.(?:now|utcnow)$|^now$/,
    scope: "volatile",
    says: anew,
  },
  {
    pattern: /(?:^|\.)(?:datetime|pendulum)\.today$/,
    scope: "volatile",
    says: "gives another text at another time",
  },
  {
    pattern: /(?:^|\.)date\.today$/,
    scope: "day",
    says: "gives another text every day",
  },
  {
    pattern:
      /(?:^|\.)time\.(?:time|time_ns|ctime|asctime|localtime|gmtime|strftime|monotonic|monotonic_ns|perf_counter|perf_counter_ns)$/,
    scope: "volatile",
    says: anew,
  },
  { pattern: /(?:^|\.)uuid\.uuid[1-8]$|^uuid[14]$/, scope: "volatile", says: anew },
  { pattern: /^(?:random|secrets|np\.random|numpy\.random)\.\w+$/, scope: "volatile", says: anew },
  { pattern: /^os\.(?:urandom|getrandom)$/, scope: "volatile", says: anew },
  { pattern: /^(?:os\.(?:listdir|scandir|walk)|glob\.i?glob)$/, scope: "request", says: unordered },
  { pattern: /\.(?:iterdir|r?glob)$/, scope: "request", says: unordered },
  {
    pattern: /^(?:set|frozenset)$/,
    scope: "request",
    says: "has no order of its own: each process may write it in another",
  },
  {
    pattern: /^os\.(?:environ(?:b|\.get)?|getenv)$/,
    scope: "constant",
    says: "reads an environment variable: fixed at deployment",
  },
  {
    pattern: /^(?:platform\.\w+|sys\.(?:platform|version|executable)|os\.(?:name|sep)|socket\.gethostname)$/,
    scope: "constant",
    says: "speaks of the machine: fixed at deployment",
  },
  { pattern: /^os\.getcwd$|(?:^|\.)Path\.cwd$/, scope: "session", says: "speaks of where the program runs" },
  {
    pattern: /(?:^|\.)(?:read_text|read)$/,
    scope: "constant",
    says: "reads a file: the same until the file changes",
  },
];

/** Calls after which the order of their argument is fixed. */
export const orderingCalls: ReadonlySet<string> = new Set([
  "sorted",
  "len",
  "sum",
  "min",
  "max",
  "any",
  "all",
]);
