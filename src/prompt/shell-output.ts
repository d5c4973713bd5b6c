/** The output of a shell command in a prompt: how often it changes, as far as the command tells. The command is never run. */
import { asDay } from "./day.ts";
import { inferred, mostVolatile } from "./scope-inference.ts";
import type { HoleSegment, ScopeClaim } from "./template.ts";
import type { TextRange } from "./text.ts";

/** Longer ones are no commands that anybody writes. */
export const longestCommand = 2000;

/** What begins a command: behind `;`, `&&`, `||`, a line break, and within `$( … )`; variables that are set come first. */
const separators = /&&|\|\||[;\n]|\$\(|\|/;
const assignments = /^(?:\w{1,40}=\S{0,200}\s+)*/;

const clock = /^(?:date|gdate|uptime|cal|timedatectl)\b/;
const chance = /^(?:uuidgen|shuf|mktemp|openssl\s+rand|jot\s+-r)\b|\$RANDOM\b|\/dev\/u?random\b/;
const machineState = /^(?:ps|top|free|df|vmstat|iostat|netstat|lsof|who|w|docker\s+(?:ps|stats))\b/;
/** What is the same for everyone who works in a folder on a machine, until something is installed or set. */
const settled =
  /^(?:pwd|whoami|hostname|uname|which|command\s+-v|type|id|arch|nproc|sw_vers|basename|dirname)\b|\s--?(?:version|V)\b|^git\s+(?:config|remote|rev-parse\s+--(?:show-toplevel|git-dir))\b/;
/** What stands in the files of a project. */
const workingTree = /^(?:git|gh|glab|hg|svn|ls|find|tree|fd|rg|grep|cat|head|tail|wc|diff|jq|sed|awk)\b/;
const says = /^(?:echo|printf)\b/;

function claimOfPart(part: string): ScopeClaim | null {
  const written = `\`${part.length > 60 ? `${part.slice(0, 60)}…` : part}\``;
  if (/\$(?:ARGUMENTS|\d)|\{\{\s*args\s*\}\}/.test(part)) {
    return inferred("request", `${written} is given what follows the command`);
  }
  if (chance.test(part)) return inferred("volatile", `${written} prints another value each time`);
  if (clock.test(part)) {
    const format = /[+]\s*["']?([^"'\s)]*)/.exec(part)?.[1];
    const claim = inferred("volatile", `${written} reads the clock`);
    return format === undefined ? claim : asDay(claim, `"${withoutShortForms(format)}"`);
  }
  if (machineState.test(part)) return inferred("volatile", `${written} prints the state of the machine`);
  if (settled.test(part)) return inferred("tenant", `${written} prints the same on one machine`);
  if (workingTree.test(part)) {
    return inferred(
      "session",
      `${written} prints the state of the project: it changes with the conversation`,
    );
  }
  return says.test(part) || part === "" ? null : inferred("request", `${written} runs in every call`);
}

/** `%F` is a day; `asDay` knows it spelled out. */
function withoutShortForms(format: string): string {
  return format.replaceAll("%F", "%Y-%m-%d");
}

/** How often the output of `command` changes: as often as that of the part of it that changes most often. */
export function outputClaim(command: string): ScopeClaim {
  const parts = command.split(separators).map((part) =>
    part
      .trim()
      .replace(assignments, "")
      .replace(/^[({\s]+/, ""),
  );
  const claims = parts.flatMap((part) => claimOfPart(part) ?? []);
  return mostVolatile(claims) ?? inferred("constant", "the command prints what it is given");
}

/** The first words of a command as one name: `git status --short` is `git_status`. */
export function outputName(command: string): string {
  const words = command.trim().replace(assignments, "").split(/\s+/).slice(0, 2);
  const named = words.filter((word, index) => (index === 0 ? /\w/.test(word) : /^[a-z]\w*$/i.test(word)));
  return (
    named
      .join("_")
      .replace(/[^\p{L}\p{N}_]+/gu, "_")
      .replace(/^_+|_+$/g, "") || "output"
  );
}

export function outputHole(command: string, range: TextRange): HoleSegment {
  const expression = command.trim();
  return {
    kind: "hole",
    range,
    form: "call",
    name: outputName(expression),
    expression,
    scope: outputClaim(expression),
  };
}
