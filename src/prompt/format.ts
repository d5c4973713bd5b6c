import type { Template } from "./template.ts";
import type { Parsed } from "./text.ts";

/** A document of the workspace, as text. */
export interface SourceDocument {
  /** Workspace-relative, with `/`. */
  readonly path: string;
  readonly text: string;
  /** Set for a document that is there because others include it, and is no prompt by itself. */
  readonly isOnlyIncluded?: boolean;
}

/** One way of writing prompts. A new format is one file that exports one of these, and one line in the registry. */
export interface TemplateFormat {
  readonly id: string;
  /** As shown to people, such as `Jinja2`. */
  readonly name: string;
  /** Cheap test by path alone; the first format of the registry that says yes parses the document. */
  matches(path: string): boolean;
  /** Never throws. No template at all is a valid answer. Includes stay unresolved. */
  parse(document: SourceDocument): Parsed<readonly Template[]>;
}
