/** Prompts in code through the whole pipeline. */
import { join } from "node:path";
import { expect, test } from "vitest";
import { createAnalyzer } from "../../src/analysis/analyze.ts";
import { defaultSettings } from "../../src/config/settings.ts";
import { createTokenizerLoader } from "../../src/hosts/node/vocabulary-files.ts";
import { policyText } from "../support/analyze.ts";
import { parseTools } from "../support/parse-tools.ts";

const tokenizer = createTokenizerLoader(join(import.meta.dirname, "../../media/vocabularies"));

function analyzeCode(path: string, text: string) {
  const analyzer = createAnalyzer({ tokenizer, parseTools });
  analyzer.setWorkspace([{ path, text }], null, []);
  const run = analyzer.run(defaultSettings);
  let step = run.next();
  while (step.done !== true) step = run.next();
  return step.value;
}

const module = `from datetime import datetime

def answer(client, question, history):
    now = datetime.now().isoformat()
    system = f"""It is {now}.
${policyText(40)}
"""
    messages = [{"role": "system", "content": system}, *history, {"role": "user", "content": question}]
    return client.chat.completions.create(model="m", messages=messages)
`;

test("a clock in a request that Python builds is found where it is written, and named", () => {
  const report = analyzeCode("app/answer.py", module);
  expect(report.templates.map(({ id, usage }) => `${id} ${usage}`)).toEqual([
    "app/answer.py#client.chat.completions.create request",
  ]);
  expect(report.problems).toEqual([]);
  const [finding] = report.findings.filter(({ rule }) => rule === "volatile-early");
  expect(module.slice(finding?.range.start, finding?.range.end)).toBe("{now}");
  expect(finding?.detail).toContain(
    "inferred: the call `datetime.now()` gives another text in every call; `now` is made of it",
  );
});
