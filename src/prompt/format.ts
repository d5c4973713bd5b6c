import type { CodeLanguage, SyntaxParser } from "./code/syntax.ts";
import type { Scope, Template, ToolDefinition } from "./template.ts";
import type { Parsed, TextRange } from "./text.ts";

/** A document of the workspace, as text. */
export interface SourceDocument {
  /** Workspace-relative, with `/`. */
  readonly path: string;
  readonly text: string;
  /** Set for a document that is there because others include it, and is no prompt by itself. */
  readonly isOnlyIncluded?: boolean;
}

/** What parsing needs from the outside world: whoever constructs the pipeline loads it. */
export interface ParseTools {
  /** Reads code; `null` where no grammar is loaded: files of code then hold no templates. */
  readonly syntax: SyntaxParser | null;
}

export const noTools: ParseTools = { syntax: null };

/** A document beside a template that tells how it is read: its template language, defaults of its values. */
export interface Companion {
  /** Where it lies for the document at `path`. */
  pathFor(path: string): string;
  /** The document's template as the companion tells it to be read; `null` where that tells nothing. Never throws. */
  read(document: SourceDocument, companion: SourceDocument): Template | null;
}

/** Scopes to be declared, by hole name. */
export type Declared = readonly (readonly [name: string, scope: Scope])[];

/** A change of one document. */
export interface TextChange {
  readonly range: TextRange;
  readonly newText: string;
}

/** How a file of some format says what no prompt says: how often its values change, and what is to be ignored. */
export interface Declaring {
  /** One sentence part, such as `# promptcache: x=day`. */
  words(declared: Declared): string;
  /**
   * Changes of a file that declare it for the template which begins at `at`, the best first. Whoever makes one reads the
   * changed file first: none of them may change what the template says.
   */
  changes(text: string, at: number, declared: Declared): readonly TextChange[];
  /** Changes that write a remark near a place, in the same way; left out where a file has no comments that are not sent. */
  remarks?(text: string, at: number, remark: string): readonly TextChange[];
}

/** A text that other files of its folder take in. */
export interface PartialFile {
  /** Name of its file. */
  readonly file: string;
  /** A line that takes it in. */
  readonly call: string;
  readonly text: string;
}

/** The request of such a function: what it is given stands in holes that are called as its parameters. */
export interface ForwardedRequest extends Template {
  /** Names of the parameters in their order; empty for what is taken apart at once. */
  readonly takes: readonly string[];
}

/** What a file of code offers to those that import it. */
export interface ModuleMembers {
  /** Texts, prompts or not, by name; for those that functions give, names of the parameters as in `ForwardedRequest`. */
  readonly byName: ReadonlyMap<string, Template & Partial<Pick<ForwardedRequest, "takes">>>;
  /** What may be offered to a model by name: a tool, or all of a list. */
  readonly tools: ReadonlyMap<string, readonly ToolDefinition[]>;
  /** Functions that send what they are given, by name. */
  readonly requests: ReadonlyMap<string, ForwardedRequest>;
  /** Modules whose members it passes on under their own names (`export * from`), as in `MemberReference.module`. */
  readonly passedOn: readonly string[];
}

/** One way of writing prompts. A new format is one file that exports one of these, and one line in the registry. */
export interface TemplateFormat {
  readonly id: string;
  /** As shown to people, such as `Jinja2`. */
  readonly name: string;
  /** What the text of its templates rests on, where it is known only about; a sentence for the report. */
  readonly assumption?: string;
  /** Cheap test by path alone: only documents that some format matches are read. */
  matches(path: string): boolean;
  /**
   * Cheap test by text, for formats whose files usually hold something else (YAML, JSON, code): the first format of the
   * registry that matches and says yes parses the document. Without it every document that matches is parsed.
   */
  mayHold?(text: string, path: string): boolean;
  /** Why a file that matches is not read though it speaks of prompts; `null` for any other, and for those that are read. */
  refuses?(text: string): string | null;
  /** Never throws. No template at all is a valid answer. Includes stay unresolved. */
  parse(document: SourceDocument, tools: ParseTools): Parsed<readonly Template[]>;
  /**
   * Files that an included template may be, by how it is named there, relative to a folder in which it is looked for; left
   * out by formats that name files as they are called.
   */
  filesOf?(target: string): readonly string[];
  /**
   * How files like that at `path` share a text of whole lines under a name; left out where one cannot take in another. What the
   * call gives is the text, lines and all.
   */
  partial?(name: string, text: string, path: string): PartialFile;
  /** The template language of the text, where that is not the format itself. */
  readonly engine?: string;
  /** An agent reads the files as they are: each by itself, once in a conversation, with references that lead nowhere. */
  readonly isReadByAgent?: true;
  /** Its templates are put around prompts by servers, and are none themselves. */
  readonly wrapsPrompts?: true;
  /** People write its documents as text, without escapes: a word can be put into them as it shall be sent. */
  readonly takesMarks?: true;
  /** `{{` in a text is how the language writes a brace, and nothing else. */
  readonly doublesBraces?: true;
  /** Left out where its files cannot say it: then promptcache.json can. */
  readonly declaring?: Declaring;
  /** For formats of code: the language that the document at `path` is parsed as, whatever its name. */
  languageOf?(path: string): CodeLanguage;
  /** For formats whose templates are described in a document beside them too. */
  readonly companion?: Companion;
  /** For formats whose documents import texts of each other: those that others may name, prompts or not, by name. Never throws. */
  members?(document: SourceDocument, tools: ParseTools): ModuleMembers;
}
