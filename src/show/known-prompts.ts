/** How prompts are told from other files, for those whose files were not taken for prompts. */
import { formatFor, formats } from "../prompt/registry.ts";

/** What such files may end in; those that no format reads are not named. */
const endings =
  ".j2 .jinja .jinja2 .prompty .prompt .baml .poml .mustache .hbs .handlebars .liquid .tmpl .gotmpl .tpl .st .md .txt".split(
    " ",
  );

/** Languages in which programs write prompts. */
export const knownLanguages: readonly string[] = formats
  .filter((format) => format.languageOf !== undefined && !format.matches("folder/file.ipynb"))
  .flatMap(({ name }) => name.split(" and "));

/** Programs that export what was built in them. */
export const knownBuilders = ["n8n", "Dify", "Flowise", "Langflow", "Rivet"] as const;

/** `everywhere` for files whose name is enough, `placed` for those in a folder of prompts, `telling` where their text decides too. */
function kindOf(ending: string): "everywhere" | "placed" | "telling" | null {
  const anywhere = formatFor(`folder/file${ending}`);
  const placed = formatFor(`prompts/file${ending}`);
  if (anywhere !== placed) return placed === null ? null : "placed";
  if (anywhere === null) return null;
  return anywhere.mayHold === undefined ? "everywhere" : "telling";
}

function ofKind(kind: ReturnType<typeof kindOf>): readonly string[] {
  return endings.filter((ending) => kindOf(ending) === kind);
}

/** `a, b or c`. */
function oneOf(words: readonly string[], last: "or" | "and" = "or"): string {
  const [only = ""] = words;
  return words.length < 2 ? only : `${words.slice(0, -1).join(", ")} ${last} ${words.at(-1)}`;
}

export const knownPrompts = [
  `Known are files that end in ${oneOf(ofKind("telling"))}, unless they are for something else`,
  `files that end in ${oneOf(ofKind("everywhere"))}, skprompt.txt, instruction files such as AGENTS.md`,
  `files that end in ${oneOf(ofKind("placed"))} in a folder called prompts`,
  "YAML, JSON and TOML files with keys such as system_prompt or messages",
  `exports of ${oneOf(knownBuilders, "and")}`,
  "JSON lines with requests as they were sent",
  `notebooks (.ipynb) and programs in ${oneOf(knownLanguages)} with prompts in constants, lists of messages or calls.`,
]
  .join("; ")
  .replace(/; (?=[^;]*$)/, "; and ");
