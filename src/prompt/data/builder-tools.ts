/** Tools that a node of a builder offers: an export names them, and seldom holds all that a model is told of them. */

import type { ToolDefinition } from "../template.ts";
import type { Problem, TextRange } from "../text.ts";

/** A property of JSON Schema, as far as it is known. */
export interface ToolParameter {
  readonly name: string;
  readonly type: string;
  readonly description: string | null;
  readonly isRequired: boolean;
}

export interface BuilderTool {
  readonly name: string;
  /** `null` where the builder writes it, or only a run knows it. */
  readonly description: string | null;
  /** `null` where the export does not say what it takes. */
  readonly parameters: readonly ToolParameter[] | null;
  readonly range: TextRange;
}

/** As the APIs of models take it. */
export function toolDefinition(path: string, tool: BuilderTool): ToolDefinition {
  const { name, description, parameters, range } = tool;
  const definition = {
    type: "function",
    function: {
      name,
      ...(description !== null && { description }),
      ...(parameters !== null && { parameters: schemaOf(parameters) }),
    },
  };
  return { name, json: JSON.stringify(definition), path, range };
}

/** An object with the parameters as its properties. */
export function schemaOf(parameters: readonly ToolParameter[]) {
  const properties = Object.fromEntries(
    parameters.map(({ name, type, description }) => [
      name,
      { type, ...(description !== null && { description }) },
    ]),
  );
  const required = parameters.filter(({ isRequired }) => isRequired).map(({ name }) => name);
  return { type: "object", properties, required };
}

/** That a model is told more of tools than the export says; `null` where all is known. */
export function unsaidOf(tools: readonly BuilderTool[]): Problem | null {
  const unsaid = tools.filter(({ description, parameters }) => description === null || parameters === null);
  const [first] = unsaid;
  if (first === undefined) return null;
  const names = unsaid.slice(0, mostNamed).map(({ name }) => `\`${name}\``);
  const more = unsaid.length > mostNamed ? ` and ${unsaid.length - mostNamed} more` : "";
  const message = `What the model is told of ${names.join(", ")}${more} is not all in this export: its text is not known and not counted, though it stands in front of everything.`;
  return { range: first.range, severity: "information", message };
}

/** More names in one sentence are not read. */
const mostNamed = 5;
