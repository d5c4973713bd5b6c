/** What an editor offers about a finding: changes of the workspace, each of which one key makes and one key takes back. */
import type { Gain } from "../findings/finding.ts";
import type { TextEdit } from "../prompt/move.ts";
import type { Template } from "../prompt/template.ts";

export interface OfferedFix {
  /** `mend`: less is lost. `declare`: more is known. `ignore`: less is said. `correct`: promptcache.json says what was meant. */
  readonly kind: "mend" | "declare" | "ignore" | "correct";
  /** An imperative. */
  readonly title: string;
  /** Of one or more documents; one of which there is no text yet is to be made. */
  readonly edits: readonly TextEdit[];
  /** What it was found to give; `null` where nothing was tried. */
  readonly effect: Gain | null;
  /** A part of what is written that a person is to write anew. */
  readonly placeholder?: string;
}

/** What was analysed. */
export interface FixSources {
  readonly templates: readonly Template[];
  /** Where promptcache.json is, or would be. */
  readonly configPath: string;
  /** Text of a document, promptcache.json among them; `null` where there is none. */
  textOf(path: string): string | null;
  /** The template with edits of one document, read anew; `null` where there would be none, or other problems. */
  edited(template: Template, edits: readonly TextEdit[]): Template | null;
}
