/**
 * A text that never changes ends inside a token: what a hole brings joins its last characters, so that they are another
 * token for each value. A blank in front of a hole is the classic. The cost is small, and exactly known.
 */
import { runOfToken } from "../core/replay/ledger.ts";
import { type StaticText, sourceOffsetOf } from "../prompt/static-prefix.ts";
import type { TextRange } from "../prompt/text.ts";
import type { Tokenizer } from "../tokenizers/tokenizer.ts";
import { t } from "../words/l10n.ts";
import { seconds, tenths } from "../words/numbers.ts";
import type { Finding, FindingContext, Rule } from "./finding.ts";
import { addLoss, type Loss, lossAt, stakeOf } from "./stake.ts";

/** A join reaches back over no more tokens than this. */
const longestJoin = 4;
/** Mean tokens per request from which the end of a text is worth a hint. */
const worthHinting = 0.5;

export const tokenBoundary: Rule = {
  id: "token-boundary",
  get title() {
    return t("A stable text that ends inside a token");
  },
  scope: "template",
  check(context) {
    return [...lossesByText(context)].flatMap(([text, loss]) => describe(context, text, loss) ?? []);
  },
};

/** Tokens of known text right in front of a hole, in which requests left the others, by the text's segment. */
function lossesByText(context: FindingContext): Map<number, Loss> {
  const { outcomes, workload } = context;
  const losses = new Map<number, Loss>();
  for (const [request, { runs, promptTokens }] of workload.requests.entries()) {
    const sent = outcomes.sentTokens[request] ?? 0;
    if (runs !== null && sent < promptTokens.length) {
      const run = runOfToken(runs, sent);
      const text = runs.segments[run] ?? -1;
      const joined = (runs.starts[run + 1] ?? 0) - sent;
      const isJoin =
        joined > 0 &&
        joined <= longestJoin &&
        workload.segments[text]?.kind === "text" &&
        // The hole's own run may be missing: all of a short value can be in the token that begins before it.
        workload.segments[text + 1]?.kind === "hole" &&
        workload.knownRuns[request]?.[run] === 1;
      if (isJoin) addLoss(context, lossAt(losses, text), request, joined);
    }
  }
  return losses;
}

function describe(context: FindingContext, text: number, loss: Loss): Finding | null {
  const segment = context.workload.segments[text];
  const template = segment === undefined ? undefined : context.templates[segment.template];
  const source = context.prefixes[segment?.template ?? -1]?.texts.find(
    ({ path, range }) => path === segment?.path && range.start === segment.range.start,
  );
  if (segment === undefined || template === undefined || source === undefined) return null;
  const requests = context.workload.requestsOf[segment.template]?.length ?? 0;
  const stake = stakeOf(context, loss, requests);
  if (stake.tokensPerRequest < worthHinting) return null;
  const open = openEndOf(context, source);
  const fix = /[ \t]$/.test(open.text)
    ? t("End the text before it, and let the value bring the blank.")
    : t("Separate the two, by a line break for instance.");
  return {
    rule: tokenBoundary.id,
    severity: "hint",
    templateId: template.id,
    path: segment.path,
    range: open.range,
    message: t("{0} tokens lost per request: the text ends inside a token", tenths(stake.tokensPerRequest)),
    detail: t(
      "{text} joins the first token of what follows, which is another one for each value ({ttftSecondsPerRequest} of TTFT). {fix}",
      { text: JSON.stringify(open.text), ttftSecondsPerRequest: seconds(stake.ttftSecondsPerRequest), fix },
    ),
    stake,
    assumptions: ["hole-values"],
    related: [],
  };
}

interface OpenEnd {
  readonly text: string;
  readonly range: TextRange;
}

function openEndOf({ memory, tokenizer }: FindingContext, source: StaticText): OpenEnd {
  const ends = memory.of(tokenBoundary.id, () => new WeakMap<StaticText, OpenEnd>());
  const end = ends.get(source) ?? openEnd(source, tokenizer);
  ends.set(source, end);
  return end;
}

/** The last characters of a text that belong to no token which is the same whatever follows. */
function openEnd(source: StaticText, tokenizer: Tokenizer): OpenEnd {
  const { text } = source;
  const { ends } = tokenizer.encodeWithEnds(text);
  const stable = tokenizer.stableCount(text);
  const start = Math.min(stable === 0 ? 0 : (ends[stable - 1] ?? 0), Math.max(0, text.length - 1));
  const range = { start: sourceOffsetOf(source, start), end: sourceOffsetOf(source, text.length) };
  return { text: text.slice(start), range };
}
