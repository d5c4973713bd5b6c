/** What `promptcache.json` says. Keys that the file does not give are absent, so that it can be spread over defaults. */
import type { ChatArguments } from "../prompt/chat/arguments.ts";
import type { Scope } from "../prompt/template.ts";
import type { TextRange } from "../prompt/text.ts";
import { type AnalysisSettings, type SettingPlace, settingRows, type settingsTable } from "./settings.ts";

export const configFileName = "promptcache.json";

/** What a hole, or the condition or list of a block, holds. */
export interface HoleConfig {
  readonly scope?: Scope;
  /** Length of the value in tokens; for a list, of each field of an item. */
  readonly tokens?: number;
  /** Values to take in turn; at least one. For a list, its items; for a condition, `true` and `false`. */
  readonly values?: readonly string[];
  /** One clause, shown beside the scope. */
  readonly reason?: string;
}

export const historyKeeps = ["all", "turns", "messages", "observations", "tokens", "summary"] as const;

/** What becomes of the earlier messages of a conversation before they are sent again; see `HistoryPolicy`. */
export interface HistoryConfig {
  readonly keep?: (typeof historyKeeps)[number];
  /** Turns, messages, observations or tokens that stay as they are. */
  readonly last?: number;
  /** The window moves after so many more. */
  readonly every?: number;
  readonly summaryTokens?: number;
  /** What the model writes before its answer; 0 for models that do not reason. */
  readonly reasoningTokens?: number;
  readonly reasoning?: "kept" | "stripped";
  /** Whether the white space that begins an answer comes back. */
  readonly answers?: "as-generated" | "trimmed";
  /** Whether an earlier question comes back as the message that was sent, or as the bare value of its hole. */
  readonly questions?: "as-sent" | "bare";
}

/** The loop of tools in each turn; see `AgentTurn`. */
export interface AgentConfig {
  readonly toolCalls?: number;
  readonly callTokens?: number;
  readonly resultTokens?: number;
  readonly callSeconds?: number;
}

/** A finding that people live with. */
export interface IgnoreConfig {
  /** Id of a rule, which is always given. */
  readonly rule?: Located<string>;
  /** A glob over paths, or the id of a template; all of them where it is left out. */
  readonly templates?: Reference;
  /** One clause. */
  readonly reason?: string;
}

export interface TemplateConfig {
  /** Popularity: multiplies the conversations per template. */
  readonly weight?: number;
  /** Requests per conversation. */
  readonly turns?: number;
  /** Conversations; takes precedence over the weight. */
  readonly sessions?: number;
  readonly usage?: "request" | "instructions" | "partial";
  readonly history?: Located<HistoryConfig>;
  /** Variables of the chat template, by name; those that the request itself passes are overlaid by these. */
  readonly chatTemplateArguments?: ChatArguments;
  readonly agent?: AgentConfig;
  readonly holes?: readonly Entry<HoleConfig>[];
}

/** How templates compose into the requests of one application, in the order in which they are sent. */
export interface ApplicationConfig {
  /** JSON files with the definitions of tools. */
  readonly tools?: readonly Reference[];
  readonly system?: readonly Reference[];
  readonly examples?: readonly Reference[];
  /** Given, if only as an empty object: earlier turns are sent. */
  readonly history?: Located<HistoryConfig>;
  readonly question?: readonly Reference[];
  readonly weight?: number;
  readonly turns?: number;
  readonly sessions?: number;
  readonly chatTemplateArguments?: ChatArguments;
  readonly agent?: AgentConfig;
  readonly holes?: readonly Entry<HoleConfig>[];
}

/** The settings that the file holds at a place. */
export type SettingsIn<P extends SettingPlace> = Partial<
  Pick<
    AnalysisSettings,
    {
      [K in keyof AnalysisSettings]: (typeof settingsTable)[K]["inFile"] extends P ? K : never;
    }[keyof AnalysisSettings]
  >
>;

export interface WorkloadConfig extends SettingsIn<"workload"> {
  readonly tenants?: number;
  /** Mean time between an answer and the next question of a conversation. */
  readonly thinkSeconds?: number;
  /** Conversations that start per second, for each template of weight 1. */
  readonly arrivalsPerSecond?: number;
  readonly outputTokens?: number;
  /** Of all templates and applications that offer tools and say nothing of their own. */
  readonly agent?: AgentConfig;
  /** Of all templates and applications that say nothing of their own. */
  readonly history?: Located<HistoryConfig>;
}

/** A value, and where it stands in the file. */
export interface Located<T> {
  readonly range: TextRange;
  readonly value: T;
}

/** A template by its id, or a file by its path. */
export type Reference = Located<string>;

/** A key that the author chose, and where it stands in the file. */
export interface Entry<T> {
  readonly key: string;
  readonly range: TextRange;
  readonly value: T;
}

export interface Config extends Omit<SettingsIn<"top">, "chatTemplate" | "chatTemplateArguments"> {
  readonly chatTemplate?: Located<string>;
  readonly chatTemplateArguments?: Located<ChatArguments>;
  /** Globs over workspace-relative paths. */
  readonly include?: readonly Located<string>[];
  readonly exclude?: readonly string[];
  /** Ids of formats, by glob over paths, in the order of the file. */
  readonly formats?: readonly Entry<string>[];
  readonly workload?: WorkloadConfig;
  /** By glob or by template id, in the order of the file. */
  readonly templates?: readonly Entry<TemplateConfig>[];
  /** By the name that the author gave. */
  readonly applications?: readonly Entry<ApplicationConfig>[];
  /** For all templates. */
  readonly holes?: readonly Entry<HoleConfig>[];
  /** Findings that are hints, and no more. */
  readonly ignore?: readonly Located<IgnoreConfig>[];
}

export const emptyConfig: Config = {};

/** What the file says about the scenario, to be spread over the defaults. */
export function configuredSettings(config: Config): Partial<AnalysisSettings> {
  const given: Readonly<Record<string, unknown>> = {
    ...config,
    ...config.workload,
    chatTemplate: config.chatTemplate?.value,
    chatTemplateArguments: config.chatTemplateArguments?.value,
  };
  const isGiven = ([key, { inFile }]: (typeof settingRows)[number]) =>
    inFile !== undefined && given[key] !== undefined;
  return Object.fromEntries(settingRows.filter(isGiven).map(([key]) => [key, given[key]]));
}
