/**
 * A turn of an agent: the question, calls of tools with their results, and the answer. What it is assumed to hold where nobody
 * declares it is counted in ten recorded conversations of Claude Code (kv-cache-tester, WEKA): 184 requests that bring results
 * of tools to 60 that bring a question, 273 tokens per call with the words around it, 451 per result and 21 seconds from request
 * to request (medians). CacheWise (arXiv 2606.16824) counts twenty calls to a question in longer runs.
 */
export interface AgentTurn {
  /** Calls of tools before the answer; each request but the first of a turn brings the result of one. */
  readonly toolCalls: number;
  /** What the model writes for a call, in tokens. */
  readonly callTokens: number;
  readonly resultTokens: number;
  /** From one request of a turn to the next. */
  readonly callSeconds: number;
}

export const usualAgentTurn: AgentTurn = {
  toolCalls: 3,
  callTokens: 273,
  resultTokens: 451,
  callSeconds: 21,
};
