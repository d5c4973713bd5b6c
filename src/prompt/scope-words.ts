/** What words in the names of holes say about how often their values change. */
import type { Scope } from "./template.ts";

export interface WordRule {
  readonly scope: Scope;
  readonly words: ReadonlySet<string>;
  /** Completes the sentence: `"word" …`. */
  readonly says: string;
}

const words = (list: string): ReadonlySet<string> => new Set(list.split(/\s+/));

/** Never the same twice, wherever the word stands in the name. */
export const neverRepeating: WordRule = {
  scope: "volatile",
  words: words("now utcnow uuid uuid4 guid ulid nonce random rand randint timestamp clock"),
  says: "names a value that never repeats",
};

/** The clock, when the word is what the name is about: `current_date`, but not `date_format`. */
export const clockWords = words(
  "today tomorrow yesterday date datetime time day weekday month year hour minute second epoch",
);

/** Of these, words that speak of nothing finer than a day. */
export const dayWords = words("today tomorrow yesterday date day weekday month year");

/** Beside a word of the day they speak of more: `current_date_time`. */
export const timeWords = words("time datetime timestamp hour minute second epoch now");

/** Words after the clock word that leave it in charge: `date_str`, `time_utc`. */
export const clockSuffixes = words("str string utc iso local text formatted");

/** Owners whose date is the present one: `runtime.date`, but not `order.date`. */
export const clockOwners = words(
  "runtime session system env environment info ctx context meta metadata globals state inputs params current clock",
);

/** Words before a clock word that make it a fact about something: `birth_date`, `due_date`. */
export const datedFacts = words(
  "birth due start end begin created updated modified published release expiry expiration hire join order " +
    "delivery purchase event meeting departure arrival effective signing founding fiscal",
);

/** `request_id` and the like: an id that is made for one call. */
export const callWords = words("request trace run correlation span message call invocation completion");

/** A word that two rules know belongs to the earlier one. */
export const wordRules: readonly WordRule[] = [
  {
    scope: "session",
    words: words(
      "history conversation session thread dialog dialogue memory memories turns scratchpad chat messages",
    ),
    says: "grows with the conversation",
  },
  {
    scope: "session",
    words: words(
      "user username customer client member patient student employee person profile buyer guest visitor owner " +
        "preferences firstname lastname nickname fullname",
    ),
    says: "speaks of one person: the same within a conversation",
  },
  {
    scope: "session",
    words: words(
      "repository repo branch cwd workdir dir directory folder path paths project runtime os shell platform hosts secrets cart " +
        "membership",
    ),
    says: "speaks of where the conversation takes place: the same within it",
  },
  {
    scope: "tenant",
    words: words(
      "tenant org organization organisation company account workspace brand locale language lang region country " +
        "timezone zone tz tier team department business store shop site currency domain industry",
    ),
    says: "speaks of a tenant: the same in all its conversations",
  },
  {
    scope: "constant",
    words: words(
      "tools tool functions function schema schemas example examples shots demonstrations guideline guidelines " +
        "policy policies rules instructions instruction format persona tone style taxonomy categories labels " +
        "criteria rubric principles capabilities version model constants config settings delimiter separator splitter " +
        "enum definitions glossary fields columns signature signatures mode enable enabled disable disabled verbose debug " +
        "skill skills agent agents subagent subagents roles participants speakers teammates",
    ),
    says: "speaks of something that is fixed at deployment",
  },
  {
    scope: "request",
    words: words(
      "question questions query queries input inputs message prompt context contexts document documents docs " +
        "retrieved passage passages chunk chunks search result results answer answers response responses output " +
        "outputs task goal request code snippet file files diff patch selection issue article articles url link " +
        "email text content contents statement topic subject events problem ticket review reviews comment comments " +
        "summary transcript image images photo audio video utterance claim source sources citations observation " +
        "observations truth prediction candidate candidates keyword keywords sentence sentences paragraph story " +
        "error errors log logs call calls body title description arguments args data report reports draft drafts brief feedback " +
        "analysis findings facts notes",
    ),
    says: "speaks of what one call is about: new in every call",
  },
];

/** Words before `prompt` that make it what a person asks; `mcp_prompt` is a part of the program's own. */
export const promptSenders = words("user human person customer client");

/** Words that say less than the word before them: `user_email` speaks of the user. */
export const genericWords = words("email url link title description data code");

/** Names that stand for the earlier turns, as whole phrases in words. */
export const historyPhrases = new Set([
  "history",
  "messages",
  "conversation",
  "thread",
  "turns",
  "chat",
  "dialogue",
  "dialog",
  "agent scratchpad",
  "scratchpad",
]);

/** Words before `history`, `messages` or `turns` that still speak of the conversation. */
export const historyQualifiers = words(
  "chat conversation message messages dialog dialogue session thread previous past prior earlier recent " +
    "conversational user llm openai full formatted the my current " +
    // What a function makes of it that cuts it: `trim_messages(history)`, `prunedHistory`.
    "trim trimmed truncate truncated prune pruned compact compacted limit limited filter filtered",
);

/** Owners whose fields are settings of the program: `options.contextFilenames`. */
export const settingOwners = words(
  "options opts option config cfg configuration configurable settings setting flags preset",
);

/** Words that say nothing of what they follow: `statement_fulltext`. */
export const vagueWords = words(
  "id ids number num no name names list block section part parts string str text texts fulltext full raw json xml value values input inputs string content",
);

/** Words that begin the name of a switch, of two words at least. */
export const flagWords = words(
  "is has have had enable enabled disable disabled use uses should can allow allowed with include includes show supports needs want",
);

/** Words that begin the name of an amount that is set. */
export const amountWords = words("max min maximum minimum num n total limit");

/** Words before `name` that make it a part of the program. */
export const partNames = words(
  "agent subagent tool skill bot assistant app application product function method class module package plugin server command model step node graph",
);

/** Words before `path`, `file` and `dir` that make it a part of the program: `react_template_path`. */
export const partPlaces = words("template prompt skill tool plugin schema");

/** Words that end the name of a setting, where nothing else in the name tells of anything. */
export const settingWords = words(
  "count counts length limit limits type types format formats dialect style size threshold budget level depth width " +
    "template placeholder prefix suffix marker tag tags option options flag flags default defaults interactive",
);

/** Words that end the name of a part of the configuration, whatever it is for: `session_timeout`, `uuid_regex`. */
export const configurationWords = words(
  "regex regexp pattern patterns supported timeout timeouts seed ttl interval",
);

/** Last words of names that only say what the setting is about, where they name what never repeats: `timestamp_format`. */
export const aboutWords = words(
  "format formats policy policies enabled disabled length size limit schema settings config options precision field fields",
);

/** Functions and filters that give another value each time. */
export const volatileCalls = words(
  "now utcnow utc_now strftime_now strftime today date datetime time timestamp uuid uuid4 uuid1 guid random rand " +
    "randint shuffle choice nonce lipsum currentdate current_date current_time currenttime isonow",
);

/** Of these, functions that give the day, where no owner gives the time with it (`datetime.today`). */
export const dayCalls = words("today currentdate current_date");

/** Words of owners whose `today()` is the date, and not a fact of today such as the weather. */
export const dayOwners = words(
  "date dates day days calendar clock now local moment dayjs luxon arrow util utils helper helpers lib common tools fns self this",
);

/** Filters that draw from the list that they are given, or put it in another order. */
export const drawingFilters = words("shuffle random");
