/**
 * Where the prompts of repositories are, as a reader found them without this product: TSV files with a line for each place.
 * Lines that begin with # are comments; they say of which commit a file speaks.
 */
import { basename, extname } from "node:path";
import { globTest } from "../../src/config/globs.ts";
import { UserError } from "../../src/config/settings.ts";

/** Languages and formats of the files that prompts stand in, with the endings of each. */
const endings = {
  python: ".py .pyi",
  typescript: ".ts .tsx .mts .cts .js .jsx .mjs .cjs",
  notebook: ".ipynb",
  java: ".java .kt .kts .scala",
  go: ".go",
  yaml: ".yaml .yml",
  json: ".json .jsonl .jsonc",
  toml: ".toml",
  markdown: ".md .mdx .mdc",
  text: ".txt",
  template: ".j2 .jinja .jinja2 .hbs .mustache .liquid .njk .tmpl .st .prompt .prompty .poml .baml",
} as const;

/** What a description of a tool is written in does not matter. */
export const placeKinds = [...(Object.keys(endings) as (keyof typeof endings)[]), "tool", "other"] as const;
export type PlaceKind = (typeof placeKinds)[number];

/**
 * `false`: looks like a prompt and is none. `doubtful`: counts neither as found nor as missed, and a template there neither
 * as right nor as wrong. `read`: all prompts are listed of the files that the path, a pattern, names.
 */
const marks = ["false", "doubtful", "read"] as const;
type Mark = (typeof marks)[number];

export interface Place {
  readonly repository: string;
  readonly path: string;
  /** Of the first words; they count from 1. */
  readonly line: number;
  readonly kind: PlaceKind;
  readonly note: string;
  /** Where the row stands, for messages. */
  readonly source: string;
}

/** A place that is no prompt, or may be none. */
export interface MarkedPlace extends Omit<Place, "kind"> {
  readonly kind: Exclude<Mark, "read">;
}

export interface Truth {
  readonly repository: string;
  readonly places: readonly Place[];
  readonly marked: readonly MarkedPlace[];
  readonly isRead: (path: string) => boolean;
}

interface Row extends Omit<Place, "kind"> {
  readonly kind: PlaceKind | Mark;
}

const columns = ["repository", "path", "line", "kind", "note"] as const;
type Column = (typeof columns)[number];

/** The kind of a place in a file, by its ending. */
export function kindOfPath(path: string): PlaceKind {
  const ending = extname(path).toLowerCase();
  const kind = placeKinds.find((each) => each in endings && endingsOf(each).includes(ending));
  return kind ?? "other";
}

function endingsOf(kind: PlaceKind): readonly string[] {
  return (endings as Readonly<Record<string, string>>)[kind]!.split(" ");
}

/** One for each repository, in the order of their names. Throws `UserError`. */
export function readTruth(
  files: readonly { readonly source: string; readonly text: string }[],
): readonly Truth[] {
  const rows = files.flatMap(({ source, text }) => readRows(text, source));
  const known = new Map<string, Row>();
  for (const row of rows) {
    const place = JSON.stringify([row.repository, row.path, row.line]);
    const before = known.get(place);
    if (before !== undefined) {
      throw new UserError(`${row.source} is the place of ${before.source} once more; leave one of them.`);
    }
    known.set(place, row);
  }
  const names = [...new Set(rows.map(({ repository }) => repository))].sort();
  return names.map((name) => truthOf(name, rows));
}

function truthOf(repository: string, rows: readonly Row[]): Truth {
  const own = rows.filter((row) => row.repository === repository);
  return {
    repository,
    places: own.filter((row): row is Place => !isMark(row.kind)),
    marked: own.filter((row): row is MarkedPlace => row.kind === "false" || row.kind === "doubtful"),
    isRead: globTest(own.filter(({ kind }) => kind === "read").map(({ path }) => path)),
  };
}

function isMark(kind: string): kind is Mark {
  return (marks as readonly string[]).includes(kind);
}

function readRows(text: string, source: string): readonly Row[] {
  const lines = text
    .split(/\r?\n/)
    .map((line, at) => ({ cells: line.split("\t"), where: `${source}, line ${at + 1},` }))
    .filter(({ cells }) => cells.join("").trim() !== "" && !cells[0]!.startsWith("#"));
  const names = lines.shift()?.cells ?? [];
  const missing = columns.filter((name) => !names.includes(name));
  if (missing.length > 0) {
    throw new UserError(
      `${source} has no column ${missing.join(", ")}; its first line must name ${columns.join(", ")}, separated by tabs.`,
    );
  }
  return lines.map(({ cells, where }) => readRow((name) => cells[names.indexOf(name)]?.trim() ?? "", where));
}

function readRow(cell: (name: Column) => string, where: string): Row {
  const kinds = [...placeKinds, ...marks];
  const kind = kinds.find((each) => each === cell("kind"));
  if (kind === undefined) {
    throw new UserError(`${where} has the kind "${cell("kind")}"; write one of ${kinds.join(", ")}.`);
  }
  const repository = basename(cell("repository"));
  if (repository === "" || repository === "..") {
    throw new UserError(`${where} names no repository; write the name of its folder.`);
  }
  const path = cell("path");
  if (path === "" || path.startsWith("/") || path.split("/").includes("..")) {
    throw new UserError(`${where} has the path "${path}"; write one that begins in the repository.`);
  }
  const line = Number(cell("line"));
  if (kind !== "read" && (!Number.isSafeInteger(line) || line < 1)) {
    throw new UserError(`${where} has the line "${cell("line")}"; write a number from 1 on.`);
  }
  if (kind === "read" && cell("line") !== "") {
    throw new UserError(
      `${where} has a line, but is about whole files, being of the kind read; leave its line empty.`,
    );
  }
  return { repository, path, line, kind, note: cell("note"), source: where.replace(/,$/, "") };
}
