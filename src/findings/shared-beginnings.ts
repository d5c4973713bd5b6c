/** Edits that make two prompts begin alike, with what each gives. */
import { differencesBehind, type Rearranged } from "../prompt/common-lines.ts";
import { isSameButBlanks, type TextEdit } from "../prompt/move.ts";
import { findFormat } from "../prompt/registry.ts";
import { flat } from "../prompt/shared-beginning.ts";
import { movedEdits, sharedConstant, sharedFile } from "../prompt/shared-text.ts";
import type { Template } from "../prompt/template.ts";
import { t } from "../words/l10n.ts";
import type { FindingContext, Fix, Gain, Pair } from "./finding.ts";

/** What only one says moved behind what both say, which stays where it is, or becomes a text of its own. */
export function* sharedBeginnings(
  context: FindingContext,
  pair: Pair<Template>,
): Generator<void, readonly Fix[], void> {
  const { textOf } = context;
  const rearranged = differencesBehind(...pair);
  if (rearranged === null || textOf === undefined) return [];
  const format = findFormat(pair[0].format);
  const isOneFormat = pair[0].format === pair[1].format && format !== undefined;
  const file = isOneFormat ? sharedFile(rearranged, format, textOf) : null;
  const constant = isOneFormat ? sharedConstant(rearranged, format, textOf) : null;
  const choices = [
    { title: t("Move what differs behind what both say"), edits: movedEdits(rearranged, textOf) },
    ...[file, constant].flatMap((shared) =>
      shared === null ? [] : [{ title: t("Share the beginning as {0}", shared.name), edits: shared.edits }],
    ),
  ];
  const fixes: Fix[] = [];
  for (const { title, edits } of choices) {
    const effect = yield* gainOfEdits(context, pair, rearranged, edits);
    if (effect !== null && effect.tokensPerRequest >= 1) fixes.push({ title, edits, effect });
  }
  return fixes;
}

/** `null` where the documents would not read like what is meant. */
function* gainOfEdits(
  context: FindingContext,
  pair: Pair<Template>,
  rearranged: Pair<Rearranged>,
  edits: readonly TextEdit[],
): Generator<void, Gain | null, void> {
  const read: Template[] = [];
  for (const [at, template] of pair.entries()) {
    const edited = (yield* context.readEdited?.(template, edits) ?? []) ?? null;
    const meant = rearranged[at]!.move.template.segments;
    if (edited === null || !isSameButBlanks(flat(edited.segments), flat(meant))) return null;
    read.push(edited);
  }
  const key = JSON.stringify(edits);
  return (yield* context.tryShared?.(pair, read as unknown as Pair<Template>, key) ?? []) ?? null;
}
