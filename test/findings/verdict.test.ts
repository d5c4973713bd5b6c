import { describe, expect, it } from "vitest";
import type { Finding } from "../../src/findings/finding.ts";
import { rules } from "../../src/findings/rules.ts";
import { verdictKinds, verdictOf } from "../../src/findings/verdict.ts";
import { isOfWorkspace } from "../../src/findings/workspace-finding.ts";
import { analyze, policyText } from "../support/analyze.ts";

const found = (rule: string, tokens: number, severity: Finding["severity"] = "information") =>
  ({
    ...{ rule, severity, message: `${tokens} of ${rule}`, assumptions: [] as readonly string[] },
    stake: { tokensPerRequest: tokens, ttftSecondsPerRequest: 0, bytes: 0 },
  }) as Finding;

describe("the verdict", () => {
  it.each([
    [
      "capacity",
      [found("workspace-capacity", 9), found("workspace-prompts", 5), found("volatile-early", 99)],
    ],
    ["policy", [found("workspace-policy", 9), found("workspace-placement", 8)]],
    ["placement", [found("workspace-placement", 8)]],
    ["prompts", [found("workspace-prompts", 8)]],
    ["prompts", [found("below-block", 3), found("volatile-early", 8, "warning")]],
    ["none", [found("volatile-early", 8, "hint")]],
    ["none", []],
  ])("is %s, whatever else there is", (kind, findings) => {
    const verdict = verdictOf(findings);
    expect(verdict.kind).toBe(kind);
    expect(verdict.options[0]?.text ?? verdict.text).toBe(verdict.text);
    const most = findings.filter(({ severity }) => severity !== "hint").filter(isOfWorkspace);
    expect(verdict.options).toHaveLength(kind === "none" ? 0 : Math.max(1, most.length));
  });

  it("has a word for every rule of the workspace", () => {
    const ofWorkspace = rules.filter(({ id }) => isOfWorkspace({ rule: id }));
    expect(ofWorkspace).toHaveLength(4);
    const kinds = ofWorkspace.map(({ id }) => verdictOf([found(id, 1)]).kind);
    expect(new Set(kinds)).toEqual(new Set(verdictKinds.filter((kind) => kind !== "none")));
  });

  it("stands in a report with the smallest prefix that can hit", () => {
    const files = { "prompts/ask.j2": `${policyText(60)}\nQ: {{ question }}` };
    const report = analyze(files, { policy: "vllm", capacity: "80GiB" });
    expect(report.smallestPrefixTokens).toBe(528);
    expect(report.verdict).toEqual(verdictOf(report.findings));
    expect(analyze(files, { policy: "no-cache" }).smallestPrefixTokens).toBeNull();
  });
});
