/** What is found in code, before it is a template. */
import type {
  CacheMarker,
  ImportedTool,
  RequestParameter,
  Template,
  ToolDefinition,
  ToolOrder,
} from "../template.ts";
import type { Problem, TextRange } from "../text.ts";
import type { PassedArguments } from "./chat-arguments.ts";
import type { Piece } from "./pieces.ts";

/** A prompt that the code holds, before it gets an id. */
export interface FoundTemplate {
  readonly name: string;
  readonly range: TextRange;
  readonly usage: Template["usage"];
  readonly pieces: readonly Piece[];
  readonly tools: readonly ToolDefinition[];
  readonly importedTools?: readonly ImportedTool[];
  readonly toolOrder?: ToolOrder;
  readonly cacheMarkers: readonly CacheMarker[];
  /** Where the lists are written that its messages are taken from. */
  readonly parts?: readonly TextRange[];
  readonly chatArguments?: PassedArguments;
  /** Set for a message, or an entry of a record, that may be part of another template of the file, and then is nothing by itself. */
  readonly isLoose?: true;
  /** Set for what is nothing by itself where it is part of another: a record that a call is given. */
  readonly isLocal?: boolean;
  /** Whether it is a whole request, so that what it does not ask for is not asked for. */
  readonly isWhole?: boolean;
  readonly parameters?: readonly RequestParameter[];
  readonly problems: readonly Problem[];
}
