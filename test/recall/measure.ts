/** What was found of the places that a truth names, and which templates are at none of them. */
import type { Template } from "../../src/prompt/template.ts";
import { Coverage, type Lines } from "./coverage.ts";
import { kindOfPath, type Place, type PlaceKind, type Truth } from "./truth.ts";

/** A template that was judged by the truth. */
export interface JudgedTemplate {
  readonly id: string;
  readonly format: string;
  readonly path: string;
  readonly line: number;
  readonly kind: PlaceKind;
  readonly isRight: boolean;
  /** What a reader said of a place that looks like a prompt and is none. */
  readonly note: string;
}

export interface Recall {
  readonly repository: string;
  readonly found: readonly Place[];
  readonly missed: readonly Place[];
  readonly templates: readonly JudgedTemplate[];
}

export function measure(
  truth: Truth,
  templates: readonly Template[],
  textOf: (path: string) => string | null,
): Recall {
  const coverage = new Coverage(textOf);
  const authored = templates
    .filter(({ captured, composition }) => captured === undefined && composition === undefined)
    .map((template) => ({
      ...{ template, texts: coverage.ofTexts(template), tools: coverage.ofTools(template) },
    }));
  const isFound = (place: Place) =>
    authored.some(({ texts, tools }) => isAt(texts, place) || (place.kind === "tool" && isAt(tools, place)));
  return {
    repository: truth.repository,
    found: truth.places.filter(isFound),
    missed: truth.places.filter((place) => !isFound(place)),
    templates: authored.flatMap(({ template, texts }) => judge(template, texts, truth, coverage)),
  };
}

/** Nothing where a reader has not said enough: of a file that was not read, or where prompts are doubtful. */
function judge(
  template: Template,
  texts: Lines,
  truth: Truth,
  coverage: Coverage,
): readonly JudgedTemplate[] {
  const { id, format, path, range } = template;
  const isRight = truth.places.some((place) => isAt(texts, place));
  const marked = truth.marked.filter((place) => isAt(texts, place));
  const noPrompt = marked.find(({ kind }) => kind === "false");
  const isAllRead = [path, ...texts.keys()].every(truth.isRead);
  if (isRight ? !truth.isRead(path) : noPrompt === undefined && (marked.length > 0 || !isAllRead)) return [];
  const line = Math.min(...(texts.get(path) ?? [coverage.lineAt(path, range.start)]));
  return [{ id, format, path, line, kind: kindOfPath(path), isRight, note: noPrompt?.note ?? "" }];
}

function isAt(lines: Lines, { path, line }: Pick<Place, "path" | "line">): boolean {
  return lines.get(path)?.has(line) === true;
}
