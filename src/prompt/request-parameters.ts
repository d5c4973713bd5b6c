/** Parameters of a request that decide whether a prefix that was kept is read. */

/** Those that name the model or where its prefix lies, and those that change how messages are read. */
const prefixParameters: ReadonlySet<string> = new Set([
  ...["model", "modelId", "prompt_cache_key", "thinking", "effort", "reasoning", "reasoning_effort"],
  ...["output_config", "tool_choice", "toolChoice", "citations", "speed", "service_tier"],
]);

export function isPrefixParameter(name: string): boolean {
  return prefixParameters.has(name);
}

/** What stands in the content of messages and counts like a parameter of the request: whether there is any of it. */
export const contentParameters = ["images", "citations"] as const;
export type ContentParameter = (typeof contentParameters)[number];

/** By the type of a part of a content. */
export function isImageType(type: string | null): boolean {
  return type !== null && /^(input_)?image(_url)?$/.test(type);
}

/** What is still read of a prefix when a parameter changes, from the front. */
export type KeptPart = "nothing" | "tools" | "tools and system";

/** Parameters that also change how the system message is read (platform.claude.com, prompt caching: what invalidates). */
const systemParameters: ReadonlySet<string> = new Set(["citations", "speed"]);

/** Another model, or another key, keeps all of the prefix apart; the others what stands behind the tools, or the system message. */
export function keptPart(name: string): KeptPart {
  if (namesTheCache(name)) return "nothing";
  return systemParameters.has(name) ? "tools" : "tools and system";
}

export function namesTheCache(name: string): boolean {
  return name === "model" || name === "modelId" || name === "prompt_cache_key";
}
