/** Settings of an SGLang server that can be tried, and how it is started with them. */
import { type SglangStrategy, sglangStrategies } from "../../cache/engines/sglang/options.ts";
import type { EngineSetting, PolicyContext, SettingValue, TunableEngine } from "../policy.ts";
import { flagsOf, isHybrid, modelName, parallelFlag, presentFirst } from "./settings.ts";
import {
  copiedAfter,
  type HiCacheOptions,
  kernelChunkOf,
  prefillChunkOf,
  type SglangServerOptions,
  sglangCache,
  sglangDefaults,
  sglangWithLevel,
  strategyOf,
  takesExtraBuffer,
  takesInt8,
  withoutWindows,
} from "./sglang-server.ts";

const pages = [1, 16, 32, 64, 128, 256];
const prefillChunks = [2048, 4096, 8192, 16_384];

/** Of the versions that have the level. */
export function sglangLevelTuning(context: PolicyContext): TunableEngine {
  return sglangTuning(withoutWindows(context), sglangWithLevel);
}

/** Settings that the server refuses together are not tried: `no_buffer` runs with pages of one token alone. */
export function sglangTuning(context: PolicyContext, options: SglangServerOptions): TunableEngine {
  const page = { name: "--page-size", values: presentFirst(options.pageTokens, pages) };
  const chunk = {
    name: "--chunked-prefill-size",
    values: presentFirst(prefillChunkOf(context, options), prefillChunks),
  };
  const hierarchy = hiCacheSettings(context, options);
  if (!isHybrid(context)) {
    const settings = [page, chunk, ...hierarchy];
    return {
      settings,
      create: (chosen) =>
        sglangCache(context, {
          ...options,
          pageTokens: Number(chosen[0]),
          prefillChunkTokens: Number(chosen[1]),
          hiCache: chosenHiCache(options, settings, chosen),
        }),
      unitTokens: ([pageTokens]) => Number(pageTokens),
      prefillStepTokens: (chosen) => Number(chosen[settings.indexOf(chunk)]),
      launch: (chosen) => launchLine(context, settings, chosen),
    };
  }
  const strategies: readonly SglangStrategy[] = takesExtraBuffer(context)
    ? ["extra_buffer", "extra_buffer_lazy", "no_buffer"]
    : ["no_buffer"];
  const level = { name: "--hybrid-cache-checkpoints-level", values: [2, 3] };
  const perPath = {
    name: "--mamba-max-states-per-path",
    values: presentFirst(options.statesPerPath ?? -1, [-1, 1, 4, 16]),
  };
  const int8 = {
    name: "--enable-int8-mamba-checkpoint",
    values: presentFirst<SettingValue>(options.hasInt8Checkpoints ? "on" : "off", ["off", "on"]),
  };
  const chosenOf = (chosen: readonly SettingValue[]): ChosenOptions => {
    const [strategy, pageTokens, prefillChunkTokens, interval, ratio] = chosen;
    const chosenFor = (setting: EngineSetting) => chosen[settings.indexOf(setting)];
    return {
      level: chosenFor(level) === 2 ? 2 : 3,
      hasInt8Checkpoints: chosenFor(int8) === "on",
      statesPerPath: options.statesPerPath === null ? null : Number(chosenFor(perPath)),
      hiCache: chosenHiCache(options, settings, chosen),
      strategy: strategies.find((each) => each === strategy) ?? strategyOf(context, options),
      pageTokens: Number(pageTokens),
      prefillChunkTokens: Number(prefillChunkTokens),
      trackIntervalTokens: Number(interval),
      stateToKvRatio: Number(ratio),
    };
  };
  const settings: readonly EngineSetting[] = [
    {
      name: "--mamba-radix-cache-strategy",
      values: presentFirst<SettingValue>(strategyOf(context, options), strategies),
    },
    page,
    chunk,
    {
      name: "--mamba-track-interval",
      values: presentFirst(options.trackIntervalTokens, [64, 128, 256, 512, 1024]),
    },
    {
      name: "--mamba-full-memory-ratio",
      values: presentFirst(options.stateToKvRatio, [0.3, 0.6, 0.9, 1.5, 3]),
    },
    ...(options.statesPerPath === null ? [] : [perPath]),
    // Versions that keep all have no level to set.
    ...(options.level === 3 ? [] : [level]),
    // The server refuses both together.
    ...(hasInt8Setting(options) && takesInt8(context) && options.hiCache === null ? [int8] : []),
    ...hierarchy,
  ];
  return {
    settings,
    accepts: (chosen) => isAccepted(context, chosenOf(chosen)),
    create: (chosen) => sglangCache(context, chosenOf(chosen)),
    unitTokens: (chosen) => {
      const { strategy, pageTokens } = chosenOf(chosen);
      return sglangStrategies[strategy].isExact ? 1 : kernelChunkOf(context, pageTokens);
    },
    prefillStepTokens: (chosen) => chosenOf(chosen).prefillChunkTokens,
    launch: (chosen) => launchLine(context, settings, chosen),
  };
}

/** Versions after July: those that bound the states of a path in one way or the other. */
function hasInt8Setting({ statesPerPath, level }: SglangServerOptions): boolean {
  return statesPerPath !== null || level !== sglangDefaults.level;
}

const ratioSetting = "--hicache-ratio";
const writePolicySetting = "--hicache-write-policy";

function hiCacheSettings(
  { deployment }: PolicyContext,
  { hiCache }: SglangServerOptions,
): readonly EngineSetting[] {
  if (hiCache === null || deployment === undefined) return [];
  return [
    { name: "--enable-hierarchical-cache", values: ["on"] },
    { name: ratioSetting, values: presentFirst(hiCache.ratio, [1.5, 2, 4, 8]) },
    {
      name: writePolicySetting,
      values: presentFirst<SettingValue>(hiCache.writePolicy, Object.keys(copiedAfter)),
    },
  ];
}

function chosenHiCache(
  { hiCache }: SglangServerOptions,
  settings: readonly EngineSetting[],
  chosen: readonly SettingValue[],
): HiCacheOptions | null {
  const at = (name: string) => chosen[settings.findIndex((setting) => setting.name === name)];
  const ratio = at(ratioSetting);
  if (hiCache === null || ratio === undefined) return hiCache;
  const isSelective = at(writePolicySetting) === "write_through_selective";
  return { ratio: Number(ratio), writePolicy: isSelective ? "write_through_selective" : "write_through" };
}

function launchLine(
  context: PolicyContext,
  settings: readonly EngineSetting[],
  chosen: readonly SettingValue[],
): string {
  const server = `python -m sglang.launch_server --model-path ${modelName(context)}`;
  return [server, ...parallelFlag(context, "--tp-size"), ...flagsOf(settings, chosen)].join(" ");
}

interface ChosenOptions extends SglangServerOptions {
  readonly strategy: SglangStrategy;
  readonly prefillChunkTokens: number;
}

/** `server_args.py` and `overrides.py`: pages and intervals that fit the kernel's chunk, and one of them per chunk at least. */
function isAccepted(
  context: PolicyContext,
  { strategy, pageTokens, prefillChunkTokens, trackIntervalTokens }: ChosenOptions,
): boolean {
  if (sglangStrategies[strategy].isExact) return pageTokens === 1;
  const kernelChunk = kernelChunkOf(context, pageTokens);
  return (
    kernelChunk % pageTokens === 0 &&
    kernelChunk % kernelChunkOf(context, 1) === 0 &&
    trackIntervalTokens % kernelChunk === 0 &&
    prefillChunkTokens >= kernelChunk
  );
}
