/** Functions of JavaScript, Node.js and common packages that tell how often a value changes. */
import type { KnownCall } from "../volatile.ts";

const anew = "gives another text in every call";
const clock = "gives another text at another time";
const unordered = "gives its items in no fixed order: the text may differ although they are the same";

export const javascriptCalls: readonly KnownCall[] = [
  { pattern: /^Date$|^Date\.now$|^Temporal\.Now\.\w+$/, scope: "volatile", says: clock },
  {
    pattern: /^(?:moment|dayjs|luxon\.DateTime|DateTime)\.(?:now|utc|local)$|^(?:moment|dayjs)$/,
    scope: "volatile",
    says: clock,
  },
  {
    pattern: /^(?:performance|process)\.(?:now|hrtime|uptime)(?:\.bigint)?$|^hrtime$/,
    scope: "volatile",
    says: anew,
  },
  {
    pattern: /^Math\.random$|(?:^|\.)(?:randomUUID|randomBytes|getRandomValues|randomInt)$/,
    scope: "volatile",
    says: anew,
  },
  {
    pattern:
      /^uuid(?:v[1-7])?$|^uuid\.v[1-7]$|^(?:nanoid|ulid|cuid|createId|customAlphabet)$|(?:^|\.)(?:nanoid|ulid|createId)$/,
    scope: "volatile",
    says: anew,
  },
  {
    pattern: /^_?\.?(?:shuffle|sample|sampleSize)$|(?:^|\.)(?:shuffle|sampleSize)$/,
    scope: "request",
    says: unordered,
  },
  {
    pattern:
      /(?:^|\.)(?:readdir|readdirSync|opendir|glob|globSync|globby|fg|fastGlob)$|^Deno\.readDir(?:Sync)?$/,
    scope: "request",
    says: unordered,
  },
  {
    pattern: /(?:^|\.)(?:readFile|readFileSync)$/,
    scope: "constant",
    says: "reads a file: the same until the file changes",
  },
  {
    pattern: /^(?:process\.env|import\.meta\.env|Deno\.env\.get|Bun\.env)(?:\.|$)/,
    scope: "constant",
    says: "reads an environment variable: fixed at deployment",
  },
  {
    pattern:
      /^process\.(?:platform|arch|version|versions|pid|title)(?:\.|$)|^os\.(?:platform|arch|type|release|hostname|cpus|EOL)$/,
    scope: "constant",
    says: "speaks of the machine: fixed at deployment",
  },
  {
    pattern: /^process\.cwd$|^os\.(?:homedir|tmpdir|userInfo)$/,
    scope: "session",
    says: "speaks of where the program runs",
  },
];

/** Calls that write an object in the order in which its keys were added. */
export const keepsKeyOrder =
  /^(?:JSON\.stringify|Object\.(?:keys|entries|values)|(?:YAML|yaml)\.(?:stringify|dump))$/;
