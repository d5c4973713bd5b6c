/** Definitions of tools in a JSON file, as chat interfaces take them. */
import { findNodeAtLocation, getNodeValue, type Node, type ParseError, parseTree } from "jsonc-parser";
import type { SourceDocument } from "../prompt/format.ts";
import { maxNesting, tooDeepInJson } from "../prompt/nesting.ts";
import type { ToolDefinition } from "../prompt/template.ts";
import { rangeOf } from "./rules.ts";

/**
 * The tools of a list, or of the list under `tools`; each has its `name` at the top (Anthropic, MCP) or under `function`
 * (OpenAI). A sentence says what is wrong with a file that holds none, or broken ones.
 */
export function readTools({ path, text }: SourceDocument): {
  readonly tools: readonly ToolDefinition[];
  readonly problem: string | null;
} {
  if (tooDeepInJson(text) !== null) {
    return { tools: [], problem: `\`${path}\` is nested more than ${maxNesting} deep.` };
  }
  const errors: ParseError[] = [];
  const root = parseTree(text, errors, { allowTrailingComma: true });
  const list = root?.type === "object" ? findNodeAtLocation(root, ["tools"]) : root;
  if (errors.length > 0) return { tools: [], problem: `\`${path}\` is no valid JSON.` };
  if (list?.type !== "array") {
    return { tools: [], problem: `\`${path}\` holds no list of tools, neither by itself nor under "tools".` };
  }
  const tools: ToolDefinition[] = [];
  for (const [index, node] of (list.children ?? []).entries()) {
    const name = nameOf(node);
    if (name === null) return { tools, problem: `Tool ${index + 1} of \`${path}\` has no "name".` };
    tools.push({ name, json: JSON.stringify(getNodeValue(node)), path, range: rangeOf(node) });
  }
  return { tools, problem: null };
}

function nameOf(node: Node): string | null {
  if (node.type !== "object") return null;
  for (const place of [["name"], ["function", "name"], ["toolSpec", "name"]]) {
    const found = findNodeAtLocation(node, place);
    if (found?.type === "string") return String(getNodeValue(found));
  }
  return null;
}
