/** The pipeline for whoever asks about single requests, settings and hints as well: so far the command line. */
import { UserError } from "../config/settings.ts";
import { explainSteps } from "../core/replay/explain.ts";
import { adviceSteps } from "./advice/advice.ts";
import { engineHintSteps } from "./advice/engine-hints.ts";
import { hintSteps } from "./advice/hints.ts";
import { analyzerOf } from "./analyze.ts";
import type { AdvisingAnalyzer } from "./analyzer.ts";
import type { AnalyzerHost } from "./analyzer-host.ts";
import { describeRequest } from "./describe-request.ts";
import { replayInput } from "./replay-input.ts";
import { atStage, Study, share, stages } from "./study.ts";

export function createAdvisingAnalyzer(host: AnalyzerHost): AdvisingAnalyzer {
  const study = new Study(host);
  const { documents } = study;
  return {
    ...analyzerOf(study),
    *explain(settings, request) {
      const prepared = yield* study.prepare(settings);
      const input = replayInput(prepared);
      if (input.requests[request] === undefined) {
        const { length } = input.requests;
        const known = length === 0 ? "has none" : `has requests 0 to ${length - 1}`;
        throw new UserError(`There is no request ${request}; the workload ${known}.`);
      }
      const explanation = yield* atStage(
        explainSteps(input, request),
        (done) => stages.replay + share(done, request + 1, stages.total - stages.replay),
      );
      return describeRequest(prepared, explanation);
    },
    *advise(settings) {
      const prepared = yield* study.prepare(settings);
      const spans = yield* study.spansOf(prepared);
      const known = replayInput(prepared);
      return yield* atStage(adviceSteps({ ...prepared, spans, known }), () => stages.replay);
    },
    *hints(settings) {
      const prepared = yield* study.prepare(settings);
      const known = replayInput(prepared);
      const chatTemplate = prepared.chat.assumption.text;
      return yield* atStage(hintSteps({ ...prepared, known, chatTemplate }), () => stages.replay);
    },
    *engineHints(settings, intake) {
      const hints = yield* this.hints(settings);
      const prepared = yield* study.prepare(settings);
      const known = replayInput(prepared);
      const input = {
        prepared,
        hints,
        known,
        documentAt: documents.documentAt.bind(documents),
        withTexts: documents.withTexts.bind(documents),
      };
      return yield* atStage(engineHintSteps(input, intake), () => stages.deeper);
    },
  };
}
