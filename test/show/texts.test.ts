import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { findPolicy } from "../../src/core/policies/registry.ts";
import { instructionReaders } from "../../src/prompt/instruction-readers.ts";
import { dashboardHtml } from "../../src/show/dashboard-html.ts";
import { diagnosticEntries } from "../../src/show/diagnostic-entries.ts";
import { editCost } from "../../src/show/edit-cost.ts";
import { hoverMarkdown } from "../../src/show/hover-markdown.ts";
import {
  coldStartStatus,
  lensTitle,
  scenarioLine,
  templateStatus,
  workspaceStatus,
} from "../../src/show/labels.ts";
import { code, literal } from "../../src/show/markdown.ts";
import { ownTokens, segmentsAt, templateAt } from "../../src/show/report-lookup.ts";
import { reportMarkdown } from "../../src/show/report-markdown.ts";
import { hitsFrom } from "../../src/show/verdict-text.ts";
import { approximateReport, report } from "./report-fixture.ts";

const [support, tone] = report.templates as [
  (typeof report.templates)[number],
  (typeof report.templates)[number],
];

describe("labels", () => {
  it.each([
    [null, "no shared prefix hits"],
    [1, "a shared prefix hits at any length"],
    [528, "a shared prefix hits from 528 tokens on"],
  ])("says from where on a prefix hits: %j", (tokens, text) => {
    expect(hitsFrom(tokens)).toBe(text);
  });

  it("say what one prompt and the workspace do", () => {
    expect(templateStatus(report, support)).toBe("612/1,240 stable · 83.0 % hit");
    expect(templateStatus(report, tone)).toBe("100/100 stable");
    expect(templateStatus(report, support, 612)).toBe("612/1,240 stable · 83.0 % hit");
    expect(templateStatus(report, support, 784)).toBe(
      "612/1,240 stable, below the 784 that can hit · 83.0 % hit",
    );
    expect(lensTitle(report, support, 784)).toContain(
      "612 of 1,240 tokens stable, below the 784 that can hit",
    );
    // It is not sent at all.
    expect(templateStatus(report, tone, 784)).toBe("100/100 stable");
    expect(workspaceStatus({ ...report, steadyTokenHitRate: null })).toBe("1 prompt · 83.0 % hit");
    expect(workspaceStatus({ ...report, steadyTokenHitRate: 0.91 })).toBe("1 prompt · 91.0 % hit");
    expect(coldStartStatus(0.83, null)).toBe("83.0 % from an empty cache");
    expect(coldStartStatus(0.83, 0.91)).toBe("91.0 % in the steady state, 83.0 % from an empty cache");
    expect(lensTitle(report, support)).toBe("$(pass) 83.0 % hit · 612 of 1,240 tokens stable · TTFT 42.0 ms");
    expect(lensTitle(report, support, null, { seconds: 0.033, tokens: 94, fixes: 1 })).toBe(
      "$(flame) Loses 33.0 ms · 83.0 % hit · fix · 612 of 1,240 tokens stable · TTFT 42.0 ms",
    );
    expect(lensTitle(report, support, null, { seconds: 0, tokens: 94, fixes: 2 })).toBe(
      "$(flame) Loses 94 tokens · 83.0 % hit · 2 fixes · 612 of 1,240 tokens stable · TTFT 42.0 ms",
    );
    expect(lensTitle(report, tone)).toBe("100 of 100 tokens stable · used by other prompts only");
    expect(scenarioLine(report)).toBe(
      "ibm-granite/granite-4.0-h-small on NVIDIA H100 SXM, marconi, 24 requests",
    );
  });

  it("mark numbers of another vocabulary", () => {
    expect(templateStatus(approximateReport, support)).toMatch(/^≈ 612/);
    expect(lensTitle(approximateReport, support)).toContain("≈ 612 of 1,240");
  });
});

describe("lookup", () => {
  it("finds the innermost segment and where it stands in the prompt", () => {
    const at = (offset: number) => segmentsAt(report, "prompts/support.j2", offset)[0]!;
    expect(at(45)).toMatchObject({ segment: { name: "user_name" }, tokensBefore: 600 });
    expect(at(55)).toMatchObject({ segment: { name: "docs" }, tokensBefore: 640 });
    expect(at(65)).toMatchObject({ segment: { depth: 1, tokensMean: 450 }, tokensBefore: 640 });
    expect(at(95)).toMatchObject({ segment: { name: "tone.j2" }, tokensBefore: 1140 });
    expect(segmentsAt(report, "prompts/support.j2", 100)).toEqual([]);
  });

  it("finds a partial in itself first, then in those that include it", () => {
    const uses = segmentsAt(report, "prompts/tone.j2", 10);
    expect(uses.map(({ template, tokensBefore }) => [template.id, tokensBefore])).toEqual([
      ["prompts/support.j2", 1140],
      ["prompts/tone.j2", 0],
    ]);
  });

  it("finds the template at the cursor", () => {
    expect(templateAt(report, "prompts/tone.j2", 5000)).toBe(tone);
    expect(templateAt(report, "other", 0)).toBeNull();
  });

  it("count a prompt's own tokens without the chat template's", () => {
    const [first] = support.segments;
    const chat = { ...first!, kind: "chat", depth: 0, tokensMean: 30 } as const;
    expect(ownTokens({ ...support, segments: [chat, ...support.segments, chat] })).toBe(1180);
    expect(ownTokens({ ...support, segments: [] })).toBe(1240);
  });
});

describe("hover", () => {
  const hover = (offset: number, of = report) =>
    hoverMarkdown(of, segmentsAt(of, "prompts/support.j2", offset));

  it("tells scope, place, memory and fates of a hole", () => {
    const text = hover(45);
    expect(text).toContain(
      '**Hole `user_name`** — session, inferred: the name "user\\_name" speaks of a person',
    );
    expect(text).toContain("| Tokens here (mean) | 40 |");
    expect(text).toContain("| Place in the prompt | 600 – 640 of 1,240 |");
    expect(text).toContain("| Stable prefix | 612 tokens, ends before this |");
    expect(text).toContain("| KV of the prompt up to here | 10.0 MiB |");
    expect(text).toContain("| One checkpoint (SSM state) | 73.4 MiB |");
    expect(text).toMatch(/^\*\*100 % diverged\*\*\n/);
    expect(text).toContain("| TTFT of this prompt (mean) | 42.0 ms; 181 ms without cache |");
    expect(text).not.toContain("≈");
  });

  it("says what an edit of static text re-writes, and of an instruction file when it is seen", () => {
    expect(hover(10)).toContain("| An edit here | re-writes up to 1,240 tokens of each request |");
    expect(hover(45)).not.toContain("An edit here");
    const row = { requests: 4, usage: "instructions", promptTokensMean: 3000 } as const;
    const behind = "re-writes up to 2,990 tokens of each request, with the conversation behind the file";
    expect(editCost({ ...row, path: "AGENTS.md" }, 10)).toBe(`${behind}; Codex sees it in its next session`);
    expect(editCost({ ...row, path: "app/CLAUDE.md" }, 10)).toBe(
      `${behind}; Claude Code sees it in its next session`,
    );
    expect(editCost({ ...row, path: ".github/copilot-instructions.md" }, 10)).toBe(
      `${behind}; Copilot sees it at once`,
    );
    expect(editCost({ ...row, path: ".cursor/rules/style.mdc" }, 10)).toBe(behind);
    expect(editCost({ ...row, path: "AGENTS.md", requests: 0 }, 10)).toBe("");
  });

  it("has a line of the page about agents for each agent whose files it knows", () => {
    const page = readFileSync(join(import.meta.dirname, "../../docs/harnesses.md"), "utf8");
    expect(instructionReaders.length).toBeGreaterThan(3);
    for (const { agent } of instructionReaders) expect(page).toMatch(new RegExp(`^\\| ${agent}`, "m"));
  });

  it("says that static text is stable", () => {
    expect(hover(10)).toContain("**Static text** — the same in every request");
    expect(hover(10)).toContain("| Stable prefix | 612 tokens, ends here |");
    expect(hover(10)).toMatch(/^\*\*97.2 % reused\*\*, 2.8 % cold/);
  });

  it("marks approximate tokens and says why", () => {
    expect(hover(45, approximateReport)).toContain("| Tokens here (mean) | ≈ 40 |");
    expect(hover(45, approximateReport)).toContain("Tokens are approximate: o200k stands in");
    expect(hover(45, approximateReport)).toContain("(command:promptCacheLens.chooseTokenizerFile)");
    expect(hover(45)).not.toContain("chooseTokenizerFile");
  });
});

describe("diagnostics", () => {
  it("are findings and problems by file", () => {
    const entries = diagnosticEntries(report);
    expect(entries.get("prompts/support.j2")).toMatchObject([
      { rule: "volatile-early", severity: "warning" },
    ]);
    expect(entries.get("prompts/tone.j2")).toMatchObject([{ rule: null, severity: "warning" }]);
    expect(diagnosticEntries(approximateReport).get("prompts/support.j2")![0]!.related[0]!.message).toBe(
      "Move it behind the text that stays the same. Tokens are counted with o200k: approximate.",
    );
  });
});

describe("markdown", () => {
  it("shows workspace text literally", () => {
    expect(literal("a|b *c* [d](command:x)\n<e>")).toBe("a\\|b \\*c\\* \\[d\\](command:x) \\<e\\>");
    expect(literal("https://x & y")).toBe("https\\://x &amp; y");
    expect(code("a`b|c")).toBe("``a`b\\|c``");
    expect(code("`")).toBe("`` ` ``");
  });

  it("reports everything with its scenario", async () => {
    const texts = new Map([
      ["prompts/support.j2", "one\ntwo\nthree\nfour\nfive is a longer line of text than the others"],
    ]);
    const text = reportMarkdown({ report, status: { kind: "idle" }, texts });
    await expect(text).toMatchFileSnapshot("../golden/cache-report.md");
  });

  it("says when there is nothing, and when it went wrong", () => {
    const none = { report: null, texts: new Map<string, string>() };
    expect(reportMarkdown({ ...none, status: { kind: "idle" } })).toContain("nothing to report yet");
    expect(reportMarkdown({ ...none, status: { kind: "running", done: 0, total: 1 } })).toContain(
      "being analysed",
    );
    const failed = reportMarkdown({
      report: { ...report, templates: [] },
      texts: new Map(),
      status: { kind: "failed", message: "No model x." },
    });
    expect(failed).toContain("**The last analysis failed:** No model x.");
    expect(failed).toContain("No prompts were found");
    expect(failed).toContain("big.txt: it is binary");
  });
});

describe("dashboard page", () => {
  it("allows its own script and style, and nothing else", () => {
    const page = {
      script: "s.js",
      style: "s.css",
      cspSource: "https://cdn",
      nonce: "abc",
      styleNonce: "def",
      language: "en",
      translation: { Tokens: '<script>"&' },
    };
    const html = dashboardHtml(page);
    expect(html).toContain('content="{&#34;Tokens&#34;:&#34;&#60;script&#62;\\&#34;&#38;&#34;}"');
    expect(html).toContain(
      "default-src 'none'; img-src https://cdn data:; font-src https://cdn; style-src https://cdn 'nonce-def'; script-src 'nonce-abc'",
    );
    expect(html.match(/<script/g)).toHaveLength(1);
    expect(html).not.toMatch(/unsafe|style=|onclick/);
  });
});

describe("at a provider", () => {
  const hosted = (usdPerMillionTokens: number | null) => ({
    ...report,
    scenario: {
      ...report.scenario,
      billing: { usdPerMillionTokens, readMultiplier: 0.1 },
      policy: { id: "anthropic:claude-opus-5-5", description: "" },
    },
    templates: report.templates.map((template) => ({ ...template, inputUnitsMean: 310 })),
  });
  const lens = (usd: number | null) => {
    const of = hosted(usd);
    return lensTitle(of, of.templates[0]!, null, { seconds: 0.033, tokens: 612, fixes: 1 });
  };

  it("money takes the place of time, and the provider that of model and GPU", () => {
    expect(lens(4)).toContain("$(flame) Loses $2.20 per 1,000 · ");
    expect(lens(null)).toContain("$(flame) Loses 612 tokens");
    expect(lens(4)).toContain(" · $1.24 per 1,000 requests");
    expect(lens(4)).not.toContain("TTFT");
    expect(lens(null)).toContain(" · 25.0 % of the price");
    const text = hoverMarkdown(hosted(4), segmentsAt(hosted(4), "prompts/support.j2", 45));
    expect(text).toContain("| Input of 1,000 requests | $1.24; $4.96 without cache |");
    expect(text).toContain("to anthropic:claude-opus-5-5");
    for (const word of ["TTFT", "KV", "checkpoint", report.scenario.gpu.name])
      expect(text).not.toContain(word);
    expect(scenarioLine(hosted(4))).not.toContain(report.scenario.gpu.name);
  });

  it("a price is told where the model's is known", () => {
    expect(findPolicy("anthropic:claude-opus-5.5")?.usdPerMillionTokens).toBe(4);
    expect(findPolicy("anthropic")?.usdPerMillionTokens).toBeUndefined();
    expect(findPolicy("marconi")?.usdPerMillionTokens).toBeUndefined();
  });
});
