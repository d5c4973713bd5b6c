/** Parameters of a request that decide whether a prefix that was kept is read. */

/** Those that name the model or where its prefix lies, and those that change how messages are read. */
const prefixParameters: ReadonlySet<string> = new Set([
  ...["model", "modelId", "prompt_cache_key", "thinking", "effort", "reasoning", "reasoning_effort"],
  ...["output_config", "tool_choice", "toolChoice", "citations", "speed", "service_tier"],
]);

export function isPrefixParameter(name: string): boolean {
  return prefixParameters.has(name);
}

/** Another model, or another key, keeps all of the prefix apart; the others what stands behind the system message. */
export function namesTheCache(name: string): boolean {
  return name === "model" || name === "modelId" || name === "prompt_cache_key";
}
