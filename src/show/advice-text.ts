/** What to set at a server, or where to mark prompts for a provider, and what that gives. */
import type { Advice } from "../analysis/advice/advice.ts";
import type { Effect, EngineAdvice, LengthAdvice, SettingAdvice } from "../analysis/advice/engine-advice.ts";
import { harmlessLines } from "../words/foreign.ts";
import { t } from "../words/l10n.ts";
import { bytes, count, duration, percent, plural, seconds, shareOf } from "../words/numbers.ts";
import { padEnd, textTable } from "../words/table.ts";

const lengthsShown = 20;

export function adviceText(advice: Advice): string {
  const { model, policy, capacityBytes, requests, vocabularyNote, assumptions, engine, breakpoints } = advice;
  const lines = [
    breakpoints === null
      ? t("{policy} with {capacityBytes} for {model}, {requests}", {
          policy,
          capacityBytes: bytes(capacityBytes),
          model,
          requests: plural(requests, "request"),
        })
      : `${policy}, ${plural(requests, "request")}`,
    ...(vocabularyNote === null ? [] : [t("Lengths are near, not to the token: {0}", vocabularyNote)]),
    ...assumptions,
    "",
    ...(engine === null ? [] : engineLines(engine)),
    ...(breakpoints === null ? [] : breakpointLines(breakpoints)),
  ];
  if (engine === null && breakpoints === null) {
    lines.push(
      t(
        "This policy has nothing to set. Name a server (--policy vllm, sglang, tensorrt-llm, llama-cpp) or a hosted API with breakpoints (--policy anthropic:MODEL, bedrock-claude, alibaba-explicit, openai-gpt-5.6).",
      ),
    );
  }
  return `${harmlessLines(lines)}\n`;
}

function engineLines({ basis, before, after, settings, launch, besides, lengths }: EngineAdvice): string[] {
  const basisText =
    basis === "steady"
      ? t("In the steady state, by which settings are chosen; from an empty cache in brackets.")
      : t("From an empty cache: there is no steady state, or too much to serve again and again.");
  return [
    basisText,
    "",
    `${padEnd(t("now"), 9)}  ${effectText(before)}`,
    `${padEnd(t("proposed"), 9)}  ${effectText(after)}`,
    ...(launch === null ? [] : ["", t("To start it so:"), `  ${launch}`, ...besides]),
    "",
    ...settings.flatMap(settingLines),
    ...lengthLines(lengths),
  ];
}

function effectText({ tokenHitRate, ttftSecondsMean, reusedTokens, cold, peakBytes }: Effect): string {
  const isCold = cold.reusedTokens === reusedTokens && cold.ttftSecondsMean === ttftSecondsMean;
  const withCold = (now: string, before: string) => (isCold ? now : `${now} (${before})`);
  return t("{rate} of prompt tokens reused, mean TTFT {ttft}, at most {peak} held", {
    rate: withCold(percent(tokenHitRate), percent(cold.tokenHitRate)),
    ttft: withCold(seconds(ttftSecondsMean), seconds(cold.ttftSecondsMean)),
    peak: bytes(peakBytes),
  });
}

function settingLines({ name, present, proposed, tried }: SettingAdvice): string[] {
  const now = tried.find(({ value }) => value === present);
  const isBeaten = tried.some(
    (each) =>
      now !== undefined && each.reusedTokens > now.reusedTokens && each.ttftSecondsMean < now.ttftSecondsMean,
  );
  const kept = isBeaten
    ? t("{0} (nothing better that is worth a change)", present)
    : t("{0} (nothing better)", present);
  const change = proposed === present ? kept : `${present} -> ${proposed}`;
  const rows = tried.map((each) => [`${each.value}`, effectText(each)]);
  return [`${name}: ${change}`, ...textTable(rows, () => false).map((line) => `  ${line}`)];
}

function lengthLines(lengths: readonly LengthAdvice[]): string[] {
  if (lengths.length === 0) return [];
  const rows = lengths.slice(0, lengthsShown).map((each) => {
    const told = {
      id: each.templateId,
      tokens: count(Math.abs(each.changeTokens)),
      stable: count(each.stableTokens),
      now: seconds(each.ttftSecondsMean),
      after: seconds(each.ttftSecondsMeanAfter),
    };
    const text =
      each.changeTokens > 0
        ? t("{id}: add {tokens} tokens to its {stable} stable tokens; mean TTFT {now} -> {after}", told)
        : t("{id}: take {tokens} tokens off its {stable} stable tokens; mean TTFT {now} -> {after}", told);
    return `  ${text}`;
  });
  const more = lengths.length - rows.length;
  const [first] = lengths;
  return [
    "",
    t(
      "Stable prefixes that end between two multiples of {0}, each prompt by itself from an empty cache:",
      plural(first!.unitTokens, "token"),
    ),
    ...rows,
    ...(more > 0 ? [`  … ${t("and {0} more (--format json has all of them)", more)}`] : []),
  ];
}

function breakpointLines({ templates, unfinished }: NonNullable<Advice["breakpoints"]>): string[] {
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  const promptTokens = sum(templates.map((each) => each.promptTokens));
  const present = sum(templates.map((each) => each.present.inputUnits));
  const proposed = sum(templates.map((each) => each.proposed.inputUnits));
  return [
    `${padEnd(t("now"), 9)}  ${t("{0} of the price without a cache", shareOf(present, promptTokens))}`,
    `${padEnd(t("proposed"), 9)}  ${shareOf(proposed, promptTokens)}`,
    "",
    ...templates.map((each) => {
      const now = shareOf(each.present.inputUnits, each.promptTokens);
      if (!each.isChanged)
        return t("{id}: {now}, nothing better than the {basis} marks", {
          id: each.id,
          now,
          basis: each.basis,
        });
      const names = each.places.map(({ name }) => name).join(", ");
      const marks = each.isLonger
        ? t("{names}, for {time}", { names, time: duration(each.lifetimes?.longer?.seconds ?? 0) })
        : names;
      const places = each.places.length === 0 ? t("no mark") : marks;
      return `${each.id}: ${now} (${each.basis}) -> ${shareOf(each.proposed.inputUnits, each.promptTokens)}: ${places}`;
    }),
    ...(unfinished === 0 ? [] : ["", t("Not all places were tried for {0} templates.", unfinished)]),
  ];
}
