/** A setting for all prompts that says where a server keeps states: each of its values is tried on the workload. */
import type { SettingIntake } from "../../core/policies/hint-intakes.ts";
import type { SettingValue } from "../../core/policies/policy.ts";
import type { KnownRequests } from "../../core/replay/serve-request.ts";
import type { ResolvedScenario } from "../scenario.ts";
import { indices } from "../statistics.ts";
import { serveSteps, sumOf } from "./serve-all.ts";

export interface TriedSetting {
  readonly value: SettingValue;
  /** Where states are kept. */
  readonly keeps: string;
  readonly reusedTokens: number;
  /** How the server is started with it. */
  readonly launch: string;
}

export interface SettingHints {
  readonly kind: "setting";
  readonly name: string;
  readonly promptTokens: number;
  /** The server's own choice first; empty where the model has no states to place. */
  readonly tried: readonly TriedSetting[];
  /** Of those tried: what reuses most, the server's own choice where none reuses more; `null` where there is none. */
  readonly chosen: SettingValue | null;
}

export interface SettingInput {
  readonly scenario: ResolvedScenario;
  readonly known: KnownRequests;
}

/** Yields now and then. */
export function* settingSteps(
  { scenario, known }: SettingInput,
  { name, keeps, tuning }: SettingIntake,
): Generator<void, SettingHints, void> {
  const engine = scenario.createWith((context) => tuning(context));
  const at = engine?.settings.findIndex((setting) => setting.name === name) ?? -1;
  const tried: TriedSetting[] = [];
  const promptTokens = known.requests.reduce((sum, request) => sum + request.promptTokens.length, 0);
  if (engine !== null && at >= 0) {
    const present = engine.settings.map(({ values }) => values[0]!);
    for (const [value, where] of keeps) {
      const chosen = present.with(at, value);
      const served = yield* serveSteps(known, engine.create(chosen), indices(known.requests.length));
      const reusedTokens = sumOf(served.reusedTokens);
      tried.push({ value, keeps: where, reusedTokens, launch: engine.launch(chosen) });
    }
  }
  const most = Math.max(...tried.map(({ reusedTokens }) => reusedTokens));
  const best = tried.find(({ reusedTokens }) => reusedTokens === most);
  return { kind: "setting", name, promptTokens, tried, chosen: best?.value ?? null };
}
