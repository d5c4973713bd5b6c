/**
 * Every setting, once. The types of settings, the options of the command line and its help, the rules of promptcache.json
 * and what the editor reads are made from this table; `npm run settings` writes package.json and the schemas from it.
 */
import { either, flag, globs, type Kind, plain, text, values, whole } from "./setting-kinds.ts";

/** What a setting changes: the analysis, which files are read, or what the editor shows. */
type Concern = "analysis" | "reading" | "editor";

/** At the top of promptcache.json, or in its workload. */
export type SettingPlace = "top" | "workload";

export interface Setting<
  T,
  C extends Concern = Concern,
  P extends SettingPlace | undefined = SettingPlace | undefined,
> {
  readonly concern: C;
  readonly kind: Kind<T>;
  readonly fallback: T;
  /** Whole sentences in Markdown, wherever it stands. */
  readonly description: string;
  /** As an option: the word for its value, and a phrase. */
  readonly option?: { readonly word: string; readonly usage: string };
  /** Where promptcache.json holds it, which counts unless the user has chosen. */
  readonly inFile: P;
  /** On the settings page of the editor, with what is said there only. */
  readonly inEditor?: { readonly note?: string; readonly scope?: string };
}

type Row<T, C extends Concern> = Omit<Setting<T, C>, "inFile" | "fallback"> & {
  readonly fallback: NoInfer<T>;
};

function setting<T, C extends Concern, P extends SettingPlace | undefined = undefined>(
  row: Row<T, C> & { readonly inFile?: P },
): Setting<T, C, P> {
  return { ...row, inFile: row.inFile as P };
}

const catalogueId = text("an id of the catalogue");

/** In the order of the settings page and of the help. */
export const settingsTable = {
  enable: setting({
    concern: "editor",
    kind: flag,
    fallback: true,
    description: "Find prompts, and show what a prefix cache does with them.",
    inEditor: {},
  }),
  model: setting({
    concern: "analysis",
    kind: text("an id of the catalogue, or the path of a config.json or GGUF file"),
    fallback: "ibm-granite/granite-4.0-h-small",
    description:
      "Model that serves the prompts: an id of the catalogue, or the path of a config.json of Hugging Face, of a GGUF file, or of a folder that holds one. promptcache.json may name files of the workspace only.",
    option: {
      word: "ID|FILE",
      usage: "model that serves the prompts: catalogue models, or a file of one",
    },
    inFile: "top",
    inEditor: {
      note: "The command **Prompt Cache: Select Model…** lists the catalogue, **Prompt Cache: Choose Model File…** looks for a file.",
    },
  }),
  gpu: setting({
    concern: "analysis",
    kind: catalogueId,
    fallback: "H100-SXM",
    description: "GPU that the model runs on, by its id in the catalogue.",
    option: { word: "ID", usage: "GPU that the model runs on: catalogue gpus" },
    inFile: "top",
    inEditor: { note: "The command **Prompt Cache: Select GPU…** lists them." },
  }),
  tensorParallel: setting({
    concern: "analysis",
    kind: whole(1, 1024),
    fallback: 1,
    description: "GPUs over which every layer is split.",
    option: { word: "N", usage: "GPUs over which every layer is split" },
    inFile: "top",
    inEditor: {},
  }),
  kvType: setting({
    concern: "analysis",
    kind: either("bf16", "fp8"),
    fallback: "bf16",
    description:
      "How the server stores keys and values (`--kv-cache-dtype`): `bf16`, or `fp8` in half the memory. vLLM's blocks for hybrid models grow with it.",
    option: { word: "bf16|fp8", usage: "how keys and values are stored" },
    inFile: "top",
    inEditor: {},
  }),
  draftTokens: setting({
    concern: "analysis",
    kind: whole(0, 64),
    fallback: 0,
    description:
      "Draft tokens per step (EAGLE or MTP), 0 without a draft model. Simulated under the policies of vLLM, whose blocks grow with them and whose hits end a block earlier.",
    option: { word: "N", usage: "draft tokens per step; vLLM's policies" },
    inFile: "top",
    inEditor: {},
  }),
  policy: setting({
    concern: "analysis",
    kind: catalogueId,
    fallback: "marconi",
    description: "Caching system that is simulated.",
    option: { word: "NAME", usage: "caching system: catalogue policies" },
    inFile: "top",
    inEditor: { note: "The command **Prompt Cache: Select Policy…** lists them." },
  }),
  toolRuns: setting({
    concern: "analysis",
    kind: either("each", "once"),
    fallback: "each",
    description:
      "How Anthropic counts calls of tools side by side, and their results, among the 20 positions at which a mark reads: `each` of them, as most measurements say and as is assumed, or a run of them `once`, as one report of September 2026 has it.",
    option: { word: "each|once", usage: "how tool calls side by side count in Anthropic's lookback" },
    inFile: "top",
    inEditor: {},
  }),
  measured: setting({
    concern: "analysis",
    kind: text(
      "`none`, a share such as `41.5 %`, or tokens read from the cache and all prompt tokens, such as `312000/900000`",
      /^(none|(100(\.0+)?|[0-9]{1,2}(\.[0-9]+)?) ?%|[0-9]{1,15} ?\/ ?[0-9]{1,15})$/,
    ),
    fallback: "none",
    description:
      "What the real cache was seen to reuse of these prompts, to be shown beside what is expected: a share of the prompt tokens such as `41.5 %`, or tokens read from the cache and all prompt tokens such as `312000/900000`.",
    option: { word: "RATE", usage: "what the real cache reused: 41.5%, or tokens 312000/900000" },
    inFile: "top",
    inEditor: {},
  }),
  capacity: setting({
    concern: "analysis",
    kind: text(
      "`auto`, or a number of bytes with its unit, such as `20GiB`",
      // Amounts as `parseBytes` reads them; a schema has no flag for case.
      /^(auto|[0-9]+(\.[0-9]+)?([eE]\+?[0-9]+)? ?(([kKmMgGtT][iI]?)?[bB])?)$/,
    ),
    fallback: "auto",
    description:
      "Memory for the cache: `auto` for what weights and activations leave, or bytes such as `20GiB`.",
    option: { word: "BYTES", usage: "memory for the cache: auto, or such as 20GiB" },
    inFile: "top",
    inEditor: {},
  }),
  chatTemplate: setting({
    concern: "analysis",
    kind: text("`auto`, `none` or the path of a chat template in the workspace"),
    fallback: "auto",
    description:
      "What wraps the messages of a request: `auto` for the chat template that ships for the model, `none` for raw completions, or the path of a tokenizer_config.json or chat_template.jinja in the workspace.",
    option: { word: "FILE", usage: "auto, none, or a tokenizer_config.json or chat_template.jinja" },
    // A file of the project, so that the project names it, and no setting of the user.
    inFile: "top",
  }),
  chatTemplateArguments: setting({
    concern: "analysis",
    kind: values,
    fallback: {},
    description:
      'Variables of the chat template that the server gives to every request, such as `{"enable_thinking": false}` (`--default-chat-template-kwargs` of vLLM, `--chat-template-kwargs` of llama.cpp). What a request passes itself comes before them.',
    option: { word: "JSON", usage: "variables of the chat template, as an object of JSON" },
    inFile: "top",
  }),
  tokenizer: setting({
    concern: "analysis",
    kind: text(
      "`auto`, `shipped`, a vocabulary that ships or the path of a tokenizer.json or GGUF file (of the workspace, in promptcache.json)",
    ),
    fallback: "auto",
    description:
      "What counts tokens: `auto` for the model's own vocabulary (one that ships, that of the model's file, or the tokenizer.json in your Hugging Face cache, which is only read), `shipped` to leave that cache alone, a vocabulary that ships (`cl100k`, `o200k`, `qwen3`, `deepseek3`), or the path of a tokenizer.json or GGUF file; promptcache.json may name one of the workspace only.",
    option: {
      word: "NAME",
      usage: "auto, shipped, a vocabulary that ships, a tokenizer.json or a GGUF file",
    },
    inFile: "top",
    inEditor: { scope: "machine-overridable" },
  }),
  seed: setting({
    concern: "analysis",
    kind: whole(0, 4_294_967_295),
    fallback: 1,
    description: "Seed of the simulated workload: the same seed gives the same requests, everywhere.",
    option: { word: "N", usage: "seed of the simulated workload" },
    inFile: "workload",
    inEditor: {},
  }),
  sessions: setting({
    concern: "analysis",
    kind: whole(0, 10_000),
    fallback: 8,
    description: "Simulated conversations per prompt.",
    option: { word: "N", usage: "simulated conversations per prompt" },
    inFile: "workload",
    inEditor: {},
  }),
  turns: setting({
    concern: "analysis",
    kind: whole(1, 1000),
    fallback: 3,
    description: "Requests per simulated conversation.",
    option: { word: "N", usage: "requests per simulated conversation" },
    inFile: "workload",
    inEditor: {},
  }),
  inFlight: setting({
    concern: "analysis",
    kind: whole(1, 4096),
    fallback: 1,
    description:
      "Requests that the server runs at once. The states of those that run cannot be evicted, so that many of them leave little of a small memory to what might be reused; a request waits for the one of its conversation, and others overtake it. Simulated under the policies of vLLM, and under those that were published or proposed for hybrid models.",
    option: { word: "N", usage: "requests that the server runs at once" },
    inFile: "workload",
    inEditor: {},
  }),
  "diagnostics.enabled": setting({
    concern: "editor",
    kind: flag,
    fallback: true,
    description: "Show findings in the editor and in the problems view.",
    inEditor: {},
  }),
  "codeLens.enabled": setting({
    concern: "editor",
    kind: flag,
    fallback: true,
    description: "Show a line of numbers (CodeLens) above each prompt.",
    inEditor: {},
  }),
  "codeLens.minimumTokens": setting({
    concern: "editor",
    kind: whole(0, 1_000_000),
    fallback: 32,
    description: "Prompts with fewer tokens get no CodeLens.",
    inEditor: {},
  }),
  "codeLens.sinceHead": setting({
    concern: "editor",
    kind: flag,
    fallback: true,
    description:
      "Show beside that line what a prompt lost or gained since the last commit, where its file has changed.",
    inEditor: {},
  }),
  "inline.enabled": setting({
    concern: "editor",
    kind: flag,
    fallback: true,
    description:
      "Show in the text of prompts what a cache does with it; the command Toggle Inline View switches it.",
    inEditor: {},
  }),
  "inline.prefixEnd": setting({
    concern: "editor",
    kind: flag,
    fallback: true,
    description: "Mark where the prefix that requests share ends, with its tokens.",
    inEditor: {},
  }),
  "inline.behind": setting({
    concern: "editor",
    kind: flag,
    fallback: true,
    description: "Show the text behind the shared prefix fainter.",
    inEditor: {},
  }),
  "inline.fates": setting({
    concern: "editor",
    kind: flag,
    fallback: true,
    description:
      "Show in the gutter what becomes of each part of a prompt: reused, diverged, no checkpoint, unaligned or evicted.",
    inEditor: {},
  }),
  "inline.states": setting({
    concern: "editor",
    kind: flag,
    fallback: true,
    description: "Mark where in the shared prefix the cache keeps a state, for models that need one there.",
    inEditor: {},
  }),
  "inline.tokens": setting({
    concern: "editor",
    kind: flag,
    fallback: false,
    description: "Show where tokens begin; the command Toggle Token Boundaries switches it.",
    inEditor: {},
  }),
  "hover.enabled": setting({
    concern: "editor",
    kind: flag,
    fallback: true,
    description: "Show the numbers of the text or hole under the cursor in a hover.",
    inEditor: {},
  }),
  // promptcache.json has an include and an exclude of its own: a file has to pass both.
  include: setting({
    concern: "reading",
    kind: globs,
    fallback: [],
    description:
      "Globs, relative to the workspace. When there are any, only files that match one of them are read.",
    option: { word: "GLOB", usage: "read only files that match; may be repeated" },
    inEditor: { note: "In a workspace of several folders, paths begin with the folder's name." },
  }),
  exclude: setting({
    concern: "reading",
    kind: globs,
    fallback: [],
    description: "Globs, relative to each folder of the workspace, of files that are not read.",
    option: { word: "GLOB", usage: "do not read files that match; may be repeated" },
    inEditor: {
      note: "What `.gitignore`, `#files.exclude#` or `#search.exclude#` hides is never read.",
    },
  }),
  recordings: setting({
    concern: "reading",
    kind: either("skip", "read"),
    fallback: "skip",
    description:
      "Tests, fixtures, recordings, data sets, logs of evaluations, and folders of what was built or brought along: `skip` leaves them out and counts them, `read` takes them for prompts like all others.",
    option: { word: "skip|read", usage: "tests, recordings, data sets and built folders" },
    inEditor: {},
  }),
  maxFileBytes: setting({
    concern: "reading",
    kind: whole(1000, 100_000_000),
    fallback: 5_000_000,
    description: "Larger files are left out; the report names them.",
    option: { word: "N", usage: "leave out larger files" },
    inEditor: {},
  }),
} as const;

type Table = typeof settingsTable;

export type SettingKey = keyof Table;

/** The values of the settings of some concern. */
export type ValuesOf<C extends Concern> = {
  readonly [K in SettingKey as Table[K] extends Setting<unknown, C> ? K : never]: Table[K] extends Setting<
    infer T
  >
    ? T
    : never;
};

/** What the user chose; everything that changes a report besides the documents. */
export type AnalysisSettings = ValuesOf<"analysis">;

/** Which files are read. */
export type ReadingSettings = ValuesOf<"reading">;

/** Keys and rows, in the order of the table. */
export const settingRows = Object.entries(settingsTable) as readonly (readonly [
  SettingKey,
  Setting<unknown>,
])[];

/** The defaults of the settings of some concern. */
export function defaultsOf<C extends Concern>(concern: C): ValuesOf<C> {
  const rows = settingRows.filter(([, row]) => row.concern === concern);
  return Object.fromEntries(rows.map(([key, { fallback }]) => [key, fallback])) as ValuesOf<C>;
}

export const defaultSettings: AnalysisSettings = defaultsOf("analysis");

/** Throws `UserError` for a number out of its bounds; names are looked up by those who know what there is. */
export function checkNumbers(settings: AnalysisSettings): void {
  for (const [key, { kind }] of settingRows) {
    const value: unknown = settings[key as keyof AnalysisSettings];
    if (typeof value === "number" && kind.parse(value) === null)
      throw new UserError(`${key} is ${value}; give ${plain(kind.expected)}.`);
  }
}

/** The user asked for something that cannot be done; the message says what, where and what to do. */
export class UserError extends Error {
  override readonly name = "UserError";
}
