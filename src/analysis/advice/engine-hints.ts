/** Hints in the form that a server takes, with how far that form has come. */
import type { HintIntake } from "../../core/policies/hint-intakes.ts";
import type { KnownRequests } from "../../core/replay/serve-request.ts";
import { type BoundaryHints, boundarySteps } from "./hint-boundaries.ts";
import { type MarkerHints, type MarkersInput, markerSteps } from "./hint-markers.ts";
import { type SettingHints, settingSteps } from "./hint-setting.ts";

export const engineHintsSchema = "prompt-cache-lens/engine-hints/1";

/** What the form is, without what it takes. */
export interface IntakeStatus extends Omit<HintIntake, "takes" | "learned"> {
  /** See `Learned`. */
  readonly asOf: string;
}

export interface EngineHints {
  readonly schema: typeof engineHintsSchema;
  readonly intake: IntakeStatus;
  readonly model: string;
  readonly vocabulary: { readonly id: string; readonly isExact: boolean };
  /** Whether the model has states that can be placed; else any token of a prefix can be resumed, and hints are of no use. */
  readonly hasStates: boolean;
  readonly hints: MarkerHints | BoundaryHints | SettingHints;
}

export interface EngineHintsInput extends MarkersInput {
  readonly known: KnownRequests;
}

/** Yields now and then. */
export function* engineHintSteps(
  input: EngineHintsInput,
  { takes, learned, ...intake }: HintIntake,
): Generator<void, EngineHints, void> {
  const { scenario } = input.prepared;
  const { id, isExact } = scenario.vocabulary;
  return {
    schema: engineHintsSchema,
    intake: { ...intake, asOf: learned.asOf },
    model: scenario.model.id,
    vocabulary: { id, isExact },
    hasStates: scenario.cost.checkpointBytes > 0,
    hints: yield* stepsOf(input, takes),
  };
}

function stepsOf(
  input: EngineHintsInput,
  takes: HintIntake["takes"],
): Generator<void, EngineHints["hints"], void> {
  switch (takes.kind) {
    case "marker":
      return markerSteps(input, takes);
    case "instructions":
      return boundarySteps(input, takes);
    case "setting":
      return settingSteps({ ...input.prepared, known: input.known }, takes);
  }
}
