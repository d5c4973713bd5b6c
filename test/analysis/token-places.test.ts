/** Token boundaries in the source are those of what is sent, and states stand where the policy keeps them. */

import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createAnalyzer } from "../../src/analysis/analyze.ts";
import { tokenPlaces } from "../../src/analysis/token-places.ts";
import { defaultSettings } from "../../src/config/settings.ts";
import { drain } from "../../src/core/steps.ts";
import { createTokenizerLoader } from "../../src/hosts/node/vocabulary-files.ts";
import { policyText } from "../support/analyze.ts";

const tokenizer = createTokenizerLoader(join(import.meta.dirname, "../../media/vocabularies"));
const head = `You help people.\n${policyText(120)}`;
const text = `${head}\nAsked at {{ now }}.\nBe brief, and say please.\n{{ question }}\n`;

function study(policy: string) {
  const analyzer = createAnalyzer({ tokenizer });
  analyzer.setWorkspace([{ path: "a.j2", text }], null, []);
  return drain(analyzer.study({ ...defaultSettings, policy }));
}

describe.each(["marconi", "vllm", "openai-classic"])("under %s", (policy) => {
  const studied = study(policy);
  const { starts, states } = tokenPlaces(studied, 0, { areStartsWanted: true });

  it("cuts the text at every token of the shared prefix", () => {
    const end = studied.prefixes[0]!.end!;
    const shown = starts
      .filter((at) => at < end)
      .map((at, index, all) => text.slice(at, all[index + 1] ?? end));
    const { ends } = studied.tokenizer.encodeWithEnds(text.slice(0, end));
    const cut = [...ends].map((to, index) => text.slice(ends[index - 1] ?? 0, to));
    expect(shown).toEqual(cut);
  });

  it("cuts static text behind it, and no hole", () => {
    const behind = starts.filter((at) => at > text.indexOf("}}"));
    const brief = text.indexOf("Be brief");
    expect(behind.length).toBeGreaterThan(5);
    expect(behind).toContain(brief);
    const hole = { start: text.indexOf("{{ now }}") + 1, end: text.indexOf("{{ now }}") + 9 };
    expect(starts.filter((at) => at >= hole.start && at < hole.end)).toEqual([]);
  });

  it("marks states where they are kept", () => {
    const { blockTokens, needsCheckpoints } = studied.cache;
    // Marconi keeps one where requests part, which the first digits of a clock put behind the shared prefix.
    if (policy === "vllm") expect(states.length).toBeGreaterThan(0);
    if (!needsCheckpoints) expect(states).toEqual([]);
    for (const { tokens, offset } of states) {
      if (policy === "vllm") expect(tokens % blockTokens).toBe(0);
      expect(offset).toBeGreaterThan(0);
      expect(offset).toBeLessThanOrEqual(studied.prefixes[0]!.end!);
    }
    expect(tokenPlaces(studied, 0, { areStartsWanted: false })).toEqual({ starts: [], states });
  });
});
