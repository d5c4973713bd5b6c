import { describe, expect, it } from "vitest";
import type { Finding } from "../../src/findings/finding.ts";
import { rules } from "../../src/findings/rules.ts";
import { analyze, policyText } from "../support/analyze.ts";

function found(findings: readonly Finding[], rule: string): Finding[] {
  return findings.filter((finding) => finding.rule === rule);
}

function marked(finding: Finding | undefined, text: string): string {
  return finding === undefined ? "" : text.slice(finding.range.start, finding.range.end);
}

describe("volatile-early", () => {
  const tail = `\n${policyText(40)}\n`;

  it("names the clock in line one, with tokens, time and bytes at stake", () => {
    const text = `Today is {{ today }}.${tail}Question: {{ question }}\n`;
    const report = analyze({ "prompts/a.j2": text });
    const [finding, ...others] = found(report.findings, "volatile-early");
    expect(others).toEqual([]);
    expect(marked(finding, text)).toBe("{{ today }}");
    expect(finding?.severity).toBe("warning");
    const tokens = finding?.stake.tokensPerRequest ?? 0;
    // Every request but the first one prefills the rules again.
    expect(tokens).toBeGreaterThan(0.9 * (report.templates[0]?.staticTokens ?? 0));
    expect(tokens).toBeLessThanOrEqual(report.templates[0]?.staticTokens ?? 0);
    expect(finding?.stake.ttftSecondsPerRequest).toBeGreaterThan(0);
    expect(finding?.stake.bytes).toBeCloseTo(tokens * report.scenario.kvBytesPerToken, 3);
  });

  it("is silent when the same hole stands last", () => {
    const report = analyze({
      "prompts/a.j2": `${policyText(40)}\nQuestion: {{ question }} asked on {{ today }}`,
    });
    expect(found(report.findings, "volatile-early")).toEqual([]);
  });

  it("blames the hole although the value grows into the token before it", () => {
    const text = `Hello {{ request_id }}${tail}`;
    const report = analyze({ "prompts/a.j2": text });
    expect(marked(found(report.findings, "volatile-early")[0], text)).toBe("{{ request_id }}");
  });

  it("blames a conditional that is sometimes there", () => {
    const text = `You help.\n{% if request_flag %}Be quick and be brief today.{% endif %}${tail}{{ question }}`;
    const config = JSON.stringify({
      holes: { request_flag: { scope: "request", values: ["true", "false"] } },
    });
    const report = analyze({ "prompts/a.j2": text, "promptcache.json": config });
    const names = found(report.findings, "volatile-early").map((finding) =>
      marked(finding, text).slice(0, 8),
    );
    // Once both ways were sent there is nothing left to lose, so at most a small loss is reported, and never on plain text.
    for (const name of names) expect(name).toBe("{% if re");
  });

  it("blames the loop where an item of it changes, and does not count the loop's own text", () => {
    const loop = `{% for doc in documents %}\nSource ${policyText(4)} {{ doc.id }}: {{ doc.text }}\n{% endfor %}`;
    const last = { "prompts/a.j2": `You help.\n${loop}` };
    expect(found(analyze(last).findings, "volatile-early")).toEqual([]);
    const text = `You help.\n${loop}${tail}{{ question }}`;
    const report = analyze({ "prompts/a.j2": text });
    const [finding, ...others] = found(report.findings, "volatile-early");
    expect(others).toEqual([]);
    expect(marked(finding, text)).toBe(loop);
    const behind = analyze({ "prompts/a.j2": tail }).templates[0]?.staticTokens ?? 0;
    expect(finding?.stake.tokensPerRequest).toBeLessThanOrEqual(behind + 2);
    expect(finding?.stake.tokensPerRequest).toBeGreaterThan(0.9 * behind);
  });

  it("never blames the conversation that follows instructions", () => {
    const text = `${policyText(20)}\n{% if flag %}Be brief.{% else %}Be thorough.{% endif %}\n${policyText(20, "b")}`;
    const report = analyze({ "prompts/system.j2": text });
    expect(report.templates[0]?.usage).toBe("instructions");
    for (const finding of found(report.findings, "volatile-early"))
      expect(marked(finding, text)).not.toBe("");
  });

  it("says less about values that change slowly", () => {
    const text = `Tenant {{ tenant_name }}.${tail}{{ question }}`;
    const report = analyze({ "prompts/a.j2": text }, { sessions: 8, turns: 1 });
    expect(found(report.findings, "volatile-early")[0]?.severity).toBe("information");
  });
});

describe("near-duplicate", () => {
  it("finds two prompts that differ by a comma, at the comma", () => {
    const head = "You are the support assistant of Harbor Lane";
    const body = `\n${policyText(40)}\n`;
    const first = `${head} and you are kind.${body}`;
    const second = `${head}, and you are kind.${body}`;
    const report = analyze({ "prompts/system-a.txt": first, "prompts/system-b.txt": second });
    const [finding] = found(report.findings, "near-duplicate");
    expect(finding?.path).toBe("prompts/system-b.txt");
    expect(marked(finding, second)).toContain(",");
    expect(finding?.range.start).toBe(head.length);
    expect(finding?.related[0]?.path).toBe("prompts/system-a.txt");
    expect(finding?.stake.bytes).toBeGreaterThan(report.scenario.checkpointBytes);
  });

  it("marks the word that differs, without the blank before it, in files with carriage returns too", () => {
    const body = `\n${policyText(40)}\n`;
    const text = (word: string) => `First line.\nYou help ${word} customers.${body}`.replaceAll("\n", "\r\n");
    const second = text("large");
    const report = analyze({ "prompts/a.j2": text("small"), "prompts/b.j2": second });
    const [finding] = found(report.findings, "near-duplicate");
    expect(marked(finding, second)).toBe("large");
  });

  it("is silent about texts that are equal, different, or parted by a hole", () => {
    const same = policyText(40);
    for (const [a, b] of [
      [same, same],
      [
        same,
        same
          .replaceAll("answer politely and cite", "never reply but escalate to")
          .replaceAll("case number", "a refund over"),
      ],
      [`{{ question }}\n${same}`, `{{ question }} please\n${same}`],
    ]) {
      const report = analyze({ "prompts/a.j2": a ?? "", "prompts/b.j2": b ?? "" });
      expect(found(report.findings, "near-duplicate")).toEqual([]);
    }
  });
});

describe("below-block", () => {
  const text = `${policyText(12)}\n{{ question }}`;

  it("says how far the stable prefix is from one block", () => {
    const report = analyze({ "prompts/a.j2": text }, { policy: "vllm-block" });
    expect(report.scenario.blockTokens).toBe(528);
    const [finding] = found(report.findings, "below-block");
    const stable = report.templates[0]?.stablePrefixTokens ?? 0;
    expect(finding?.message).toContain(`${stable} tokens`);
    expect(finding?.message).toContain(`${528 - stable} tokens more`);
    // The full stop and the line break are one token, which a value that begins with a line break would make longer.
    expect(finding?.range).toEqual({ start: 0, end: text.indexOf(".\n{{") });
    expect(report.totals.ledger.reused).toBe(0);
    expect(finding?.stake.tokensPerRequest).toBeGreaterThan(0);
  });

  it("is silent where the cache matches at any token, and where the prefix is long enough", () => {
    expect(found(analyze({ "prompts/a.j2": text }).findings, "below-block")).toEqual([]);
    const long = { "prompts/a.j2": `${policyText(60)}\n{{ question }}` };
    const report = analyze(long, { policy: "vllm-block" });
    expect(found(report.findings, "below-block")).toEqual([]);
    expect(report.totals.ledger.reused).toBeGreaterThan(0);
  });
});

describe("rules", () => {
  it("have ids of their own", () => {
    expect(new Set(rules.map(({ id }) => id)).size).toBe(rules.length);
  });
});
