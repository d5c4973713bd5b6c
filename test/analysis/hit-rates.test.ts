/** The hit rate three times: by the rules, as expected and as measured, and what is said of the difference. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv } from "ajv";
import { describe, expect, it } from "vitest";
import type { Report } from "../../src/analysis/report.ts";
import { reportMarkdown } from "../../src/show/report-markdown.ts";
import { overviewOf } from "../../src/show/report-parts.ts";
import { reportText } from "../../src/show/report-text.ts";
import { hitRateLines } from "../../src/show/workload-text.ts";
import { analyze, policyText } from "../support/analyze.ts";
import { parseTools } from "../support/parse-tools.ts";

const schema = JSON.parse(
  readFileSync(join(import.meta.dirname, "../../schemas/report.schema.json"), "utf8"),
);
const validate = new Ajv({ allowUnionTypes: true }).compile(schema);

const call = (more = "") => `import random

def answer(client, history, question):
    return client.messages.create(
        model="gpt-6",
        ${more}
        system="""${policyText(120)}""",
        messages=history + [{"role": "user", "content": question}],
    )
`;
const openai = "openai-gpt-5.6";
const keyed = call(`prompt_cache_key="rules",`);
const drawn = call(`prompt_cache_key=random.choice(["a", "b"]),`);

function reported(text: string, measured: string, policy = openai): Report {
  const report = analyze({ "answer.py": text }, { policy, measured, turns: 6 }, parseTools);
  expect(validate(report), JSON.stringify(validate.errors)).toBe(true);
  return report;
}

const lastNote = ({ hitRates }: Report) => hitRates!.notes.at(-1)!;

describe("three hit rates", () => {
  it("are not told where they are one", () => {
    expect(reported(keyed, "none").hitRates).toBeNull();
  });

  it("are told as they were given, beside the headline's, wherever a report is read", () => {
    const report = reported(keyed, "312000 / 900000");
    const { hitRates, totals } = report;
    const headline = totals.steady?.tokenHitRate ?? totals.tokenHitRate;
    expect(hitRates).toMatchObject({ documented: headline, expected: headline, measured: 312 / 900 });
    const line =
      /^Token hit rate: [\d.]+ % by the provider's rules, 34\.7 % measured \(312,000 of 900,000\)/m;
    expect(reportText(report, () => ({ line: 1, column: 1 }))).toMatch(line);
    expect(reportMarkdown({ report, status: { kind: "idle" }, texts: new Map() })).toMatch(line);
    expect(hitRateLines(overviewOf(report)).join("\n")).toMatch(line);
    expect(lastNote(report)).toMatch(/% of the prompt tokens less\. No finding explains it/);
  });

  it("leave out of what is expected what a parameter keeps from being read, measured or not", () => {
    const { hitRates, findings, totals } = reported(drawn, "none");
    const finding = findings.find(({ rule }) => rule === "changing-parameters")!;
    const share = (finding.stake.tokensPerRequest * totals.requests) / totals.promptTokens;
    expect(share).toBeGreaterThan(0.3);
    expect(hitRates!.measured).toBeNull();
    expect(hitRates!.expected).toBeCloseTo(Math.max(0, hitRates!.documented - share), 9);
    expect(hitRates!.notes).toEqual([expect.stringContaining(finding.message)]);
  });

  it("agree where they differ by less than traffic does", () => {
    const { hitRates } = reported(keyed, "50%");
    const near = `${Math.round(hitRates!.documented * 100)}%`;
    expect(lastNote(reported(keyed, near))).toBe("What was measured agrees with the rules.");
    const lower = reported(drawn, "50%").hitRates!.expected;
    expect(lastNote(reported(drawn, `${Math.round(lower * 100)}%`))).toContain(
      "agrees with what is expected",
    );
  });

  it("name the finding that explains a lower one", () => {
    const { hitRates, ...report } = reported(call(), "30 %");
    const finding = report.findings.find(({ rule }) => rule === "no-cache-key")!;
    // It is found by chance: not counted as lost, and still the likely reason.
    expect(hitRates!.expected).toBe(hitRates!.documented);
    expect(hitRates!.notes.at(-1)).toContain(`Most likely: ${finding.message}`);
  });

  it("name marks that are assumed, and what is drawn where more repeats", () => {
    const plain = `{{ topic }}\n${policyText(120)}`;
    const said = (measured: string) =>
      analyze(
        { "prompts/a.j2": `${policyText(100)}\n${plain}` },
        { policy: "anthropic:claude-opus-5", measured },
      );
    expect(lastNote(said("1%"))).toMatch(/Most likely: Marks are assumed/);
    expect(lastNote(said("99.5%"))).toMatch(/more\. Most likely: values .* repeat/);
  });

  it("are those of one's own machines as well", () => {
    const report = reported(keyed, "5%", "vllm");
    expect(hitRateLines(overviewOf(report))[0]).toMatch(
      /^Token hit rate: [\d.]+ % simulated, 5(\.0\d*)? % measured$/,
    );
    expect(lastNote(report)).toContain("other traffic in the same memory");
  });

  it("are refused where more is cached than sent", () => {
    expect(() => reported(keyed, "9/3")).toThrow(/measured is "9\/3"; give the tokens that were read/);
  });
});
