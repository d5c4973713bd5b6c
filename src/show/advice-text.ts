/** What to set at a server, or where to mark prompts for a provider, and what that gives. */
import type { Advice } from "../analysis/advice/advice.ts";
import type { Effect, EngineAdvice, LengthAdvice, SettingAdvice } from "../analysis/advice/engine-advice.ts";
import { harmlessLines } from "../words/foreign.ts";
import { bytes, count, duration, percent, plural, seconds, shareOf } from "../words/numbers.ts";
import { textTable } from "../words/table.ts";

const lengthsShown = 20;

export function adviceText(advice: Advice): string {
  const { model, policy, capacityBytes, requests, vocabularyNote, assumptions, engine, breakpoints } = advice;
  const lines = [
    breakpoints === null
      ? `${policy} with ${bytes(capacityBytes)} for ${model}, ${plural(requests, "request")}`
      : `${policy}, ${plural(requests, "request")}`,
    ...(vocabularyNote === null ? [] : [`Lengths are near, not to the token: ${vocabularyNote}`]),
    ...assumptions,
    "",
    ...(engine === null ? [] : engineLines(engine)),
    ...(breakpoints === null ? [] : breakpointLines(breakpoints)),
  ];
  if (engine === null && breakpoints === null) {
    lines.push(
      "This policy has nothing to set. Name a server (--policy vllm, sglang, tensorrt-llm, llama-cpp) or a hosted API with breakpoints (--policy anthropic:MODEL, bedrock-claude, alibaba-explicit, openai-gpt-5.6).",
    );
  }
  return `${harmlessLines(lines)}\n`;
}

function engineLines({ basis, before, after, settings, launch, besides, lengths }: EngineAdvice): string[] {
  const basisText =
    basis === "steady"
      ? "In the steady state, by which settings are chosen; from an empty cache in brackets."
      : "From an empty cache: there is no steady state, or too much to serve again and again.";
  return [
    basisText,
    "",
    `now        ${effectText(before)}`,
    `proposed   ${effectText(after)}`,
    ...(launch === null ? [] : ["", "To start it so:", `  ${launch}`, ...besides]),
    "",
    ...settings.flatMap(settingLines),
    ...lengthLines(lengths),
  ];
}

function effectText({ tokenHitRate, ttftSecondsMean, reusedTokens, cold, peakBytes }: Effect): string {
  const isCold = cold.reusedTokens === reusedTokens && cold.ttftSecondsMean === ttftSecondsMean;
  const [coldRate, coldTtft] = isCold
    ? ["", ""]
    : [` (${percent(cold.tokenHitRate)})`, ` (${seconds(cold.ttftSecondsMean)})`];
  const rate = `${percent(tokenHitRate)}${coldRate} of prompt tokens reused`;
  return `${rate}, mean TTFT ${seconds(ttftSecondsMean)}${coldTtft}, at most ${bytes(peakBytes)} held`;
}

function settingLines({ name, present, proposed, tried }: SettingAdvice): string[] {
  const now = tried.find(({ value }) => value === present);
  const isBeaten = tried.some(
    (each) =>
      now !== undefined && each.reusedTokens > now.reusedTokens && each.ttftSecondsMean < now.ttftSecondsMean,
  );
  const why = isBeaten ? "nothing better that is worth a change" : "nothing better";
  const change = proposed === present ? `${present} (${why})` : `${present} -> ${proposed}`;
  const rows = tried.map((each) => [`${each.value}`, effectText(each)]);
  return [`${name}: ${change}`, ...textTable(rows, () => false).map((line) => `  ${line}`)];
}

function lengthLines(lengths: readonly LengthAdvice[]): string[] {
  if (lengths.length === 0) return [];
  const rows = lengths.slice(0, lengthsShown).map((each) => {
    const tokens = count(Math.abs(each.changeTokens));
    const change = each.changeTokens > 0 ? `add ${tokens} tokens to` : `take ${tokens} tokens off`;
    return `  ${each.templateId}: ${change} its ${count(each.stableTokens)} stable tokens; mean TTFT ${seconds(each.ttftSecondsMean)} -> ${seconds(each.ttftSecondsMeanAfter)}`;
  });
  const more = lengths.length - rows.length;
  const [first] = lengths;
  return [
    "",
    `Stable prefixes that end between two multiples of ${plural(first!.unitTokens, "token")}, each prompt by itself from an empty cache:`,
    ...rows,
    ...(more > 0 ? [`  … and ${more} more (--format json has all of them)`] : []),
  ];
}

function breakpointLines({ templates, unfinished }: NonNullable<Advice["breakpoints"]>): string[] {
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  const promptTokens = sum(templates.map((each) => each.promptTokens));
  const present = sum(templates.map((each) => each.present.inputUnits));
  const proposed = sum(templates.map((each) => each.proposed.inputUnits));
  return [
    `now        ${shareOf(present, promptTokens)} of the price without a cache`,
    `proposed   ${shareOf(proposed, promptTokens)}`,
    "",
    ...templates.map((each) => {
      const now = shareOf(each.present.inputUnits, each.promptTokens);
      if (!each.isChanged) return `${each.id}: ${now}, nothing better than the ${each.basis} marks`;
      const names = each.places.map(({ name }) => name).join(", ");
      const longer = each.isLonger ? `, for ${duration(each.lifetimes?.longer?.seconds ?? 0)}` : "";
      const places = each.places.length === 0 ? "no mark" : `${names}${longer}`;
      return `${each.id}: ${now} (${each.basis}) -> ${shareOf(each.proposed.inputUnits, each.promptTokens)}: ${places}`;
    }),
    ...(unfinished === 0 ? [] : ["", `Not all places were tried for ${unfinished} templates.`]),
  ];
}
