/** Files of languages that are not read, and may hold prompts all the same: they are looked at, and counted. */
import { lookedAt } from "../../prompt/speaks-of-prompts.ts";
import { t } from "../../words/l10n.ts";
import { count } from "../../words/numbers.ts";

/** By the ends of names; what is read by a format of ours is none of them. */
const languages: readonly (readonly [name: string, ends: string])[] = [
  ["Swift", "swift"],
  ["Scala", "scala"],
  ["Elixir", "ex exs"],
  ["Dart", "dart"],
  ["C++", "cc cpp cxx hpp"],
  ["Vue", "vue"],
  ["Svelte", "svelte"],
];

const byEnd: ReadonlyMap<string, string> = new Map(
  languages.flatMap(([name, ends]) => ends.split(" ").map((end) => [end, name] as const)),
);

/** The language of a file; `null` for all that is read, and for what holds no program. */
export function unreadLanguage(path: string): string | null {
  return byEnd.get(path.slice(path.lastIndexOf(".") + 1).toLowerCase()) ?? null;
}

/** How much of a folder is looked at: enough for most, and an end for all others. Sizes in bytes. */
export const lookLimits = { files: 2000, bytes: 32 * 2 ** 20, fileBytes: lookedAt } as const;

/** Files that were looked at, whether they speak of prompts, and how many were left when there was an end. */
export interface LookedAt {
  readonly speaks: ReadonlyMap<string, boolean>;
  readonly left: number;
}

/** A line for each language of which files speak of prompts, the one with most of them first. */
export function* unreadKinds({ speaks, left }: LookedAt): Generator<string> {
  const found = new Map<string, string[]>();
  for (const [path, speaksHere] of speaks) {
    const language = speaksHere ? unreadLanguage(path) : null;
    if (language !== null) found.set(language, [...(found.get(language) ?? []), path]);
  }
  for (const [language, paths] of [...found].sort(([, a], [, b]) => b.length - a.length)) {
    const [first = ""] = paths.sort();
    const files = pathsText(language, first, paths.length - 1);
    const read = t("{0} is not read, prompts in files of their own are", language);
    yield left === 0
      ? t("{files}; {read}", { files, read })
      : t("{files}; {read} ({looked} files were looked at, {left} were not)", {
          ...{ files, read, looked: count(speaks.size), left: count(left) },
        });
  }
}

function pathsText(language: string, first: string, others: number): string {
  if (others === 0) return t("1 {language} file speaks of prompts ({first})", { language, first });
  const named = { files: count(others + 1), language, first, others: count(others) };
  return others === 1
    ? t("{files} {language} files speak of prompts ({first} and one more)", named)
    : t("{files} {language} files speak of prompts ({first} and {others} more)", named);
}
