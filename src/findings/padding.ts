/** Text of a person's choice that makes what requests share as long as the cache's unit of reuse wants it. */
import { type StaticPrefix, type StaticText, sourceOffsetOf } from "../prompt/static-prefix.ts";
import type { Template } from "../prompt/template.ts";
import { t } from "../words/l10n.ts";
import { plural } from "../words/numbers.ts";
import type { FindingContext, Fix } from "./finding.ts";

/** A token by itself in the vocabularies that we know: it joins neither its like nor a word. */
const unit = " .";

/** Where tokens join the text around them, so many more are tried. */
const mostMore = 3;

/**
 * At the end of the last whole line of what requests share, where it needs neither a line of its own nor escapes; `missing` in
 * tokens. `null` where there is no such line in the template's own file, or where it gives nothing.
 */
export function* paddingFix(
  context: FindingContext,
  template: Template,
  prefix: StaticPrefix,
  missing: number,
): Generator<void, Fix | null, void> {
  const { path } = template;
  const at = endOfLastLine(path, prefix.texts);
  if (at === null) return null;
  let best: Fix | null = null;
  for (let tokens = missing; tokens <= missing + mostMore; tokens++) {
    const padding = unit.repeat(tokens);
    const edits = [{ path, range: { start: at, end: at }, newText: padding }];
    const trial = (yield* context.tryEdits?.(template, edits) ?? []) ?? null;
    if (trial === null || trial.gain.tokensPerRequest <= (best?.effect.tokensPerRequest ?? 0)) continue;
    const title = t(
      "Pad the shared beginning with {0}, to be replaced by text of use",
      plural(tokens, "token"),
    );
    best = { title, edits, effect: trial.gain, placeholder: padding.trimStart() };
  }
  return best;
}

function endOfLastLine(path: string, texts: readonly StaticText[]): number | null {
  const leading = texts.filter(({ isLeading }) => isLeading);
  const last = leading.findLast(({ text }) => /\S\n/.test(text));
  if (last === undefined || last.path !== path) return null;
  const [line] = [...last.text.matchAll(/\S\n/g)].slice(-1);
  return sourceOffsetOf(last, line!.index + 1);
}
