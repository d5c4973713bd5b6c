/**
 * Interfaces whose methods are prompts, and what is built for them: LangChain4j writes the messages at the methods, and offers the
 * tools that `AiServices.builder(Helper.class).tools(…).build()` is given. langchain4j 1.0, dev.langchain4j.service.AiServices.
 */
import type { Node } from "web-tree-sitter";
import type { Evaluator } from "./evaluate.ts";
import { linksOf, toolsOfLinks } from "./fluent.ts";
import type { CodeValue } from "./values.ts";

/** The tools that are offered with all prompts of an interface, by its name. */
export function toolsOfServices(
  calls: readonly Node[],
  evaluator: Evaluator,
): ReadonlyMap<string, CodeValue> {
  const found = new Map<string, CodeValue>();
  if (!evaluator.source.includes("AiServices")) return found;
  for (const node of calls) {
    const call = evaluator.program.lower(node);
    if (call.kind !== "call" || call.name !== "build") continue;
    if (!/(?:^|\.)AiServices\.builder\b/.test(evaluator.program.calleeOf(call))) continue;
    const value = evaluator.value(node);
    const links = value.kind === "call" ? linksOf(value) : [];
    const service = links[0]?.positional[0]?.hole().expression ?? "";
    const name = /(\w+)(?:\.class|::class(?:\.java)?)$/.exec(service)?.[1];
    const tools = toolsOfLinks(links);
    if (name !== undefined && tools !== null) found.set(name, tools);
  }
  return found;
}
