/** Logs of requests as JSON lines: each line is one request as it was sent. Other lines, such as rows of data sets, are none. */
import { capturedPrompt } from "../data/captured.ts";
import { templatesOf } from "../data/data-templates.ts";
import { readJsonAt } from "../data/json.ts";
import { mayBePromptData } from "../data/places.ts";
import type { FoundPrompt } from "../data/prompt-builder.ts";
import type { TemplateFormat } from "../format.ts";
import { afterByteOrderMark } from "../frontmatter.ts";
import { stemOf } from "../names.ts";
import { maxTemplates, type Problem, type TextRange } from "../text.ts";

/** Also of a body that is kept as a string. */
const messageWithRole = /\brole\\*"\s*:/;

export const jsonLines: TemplateFormat = {
  id: "json-lines",
  name: "JSON lines",
  matches: (path) => /\.(?:jsonl|ndjson)$/i.test(path) && mayBePromptData(path),
  mayHold: (text) => messageWithRole.test(text),
  parse: ({ path, text }) => {
    const found: FoundPrompt[] = [];
    const problems: Problem[] = [];
    for (const { number, range } of linesOf(text)) {
      if (found.length === maxTemplates) {
        problems.push(tooMany(range, number));
        break;
      }
      const { value, problems: wrong } = readJsonAt(text, range);
      const [first] = wrong;
      if (first !== undefined) problems.push(broken(first, number));
      else if (value?.kind === "map") {
        const request = capturedPrompt(value, { path, keyPath: String(number), isLine: true });
        if (request !== null) found.push({ ...request, name: `${stemOf(path)}, line ${number}` });
      }
    }
    return found.length === 0
      ? { value: [], problems: [] }
      : { value: templatesOf(path, "json-lines", found), problems };
  },
};

/** Lines that are not blank; numbers count from 1. */
function* linesOf(text: string): Generator<{ readonly number: number; readonly range: TextRange }> {
  let start = afterByteOrderMark(text);
  for (let number = 1; start < text.length; number++) {
    const newline = text.indexOf("\n", start);
    const end = newline < 0 ? text.length : newline;
    if (/\S/.test(text.slice(start, end))) yield { number, range: { start, end } };
    start = end + 1;
  }
}

function broken({ range, message }: Problem, line: number): Problem {
  const reason = message.replace(/\.$/, "");
  return { range, severity: "warning", message: `Line ${line} is left out, all others count. ${reason}.` };
}

function tooMany({ start }: TextRange, line: number): Problem {
  const message = `Only the first ${maxTemplates} requests of this file are read; those from line ${line} on are left out. Split it to read them.`;
  return { range: { start, end: start }, severity: "warning", message };
}
