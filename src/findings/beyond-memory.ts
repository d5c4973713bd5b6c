/** A request whose states are more than the cache's memory: a server that has no other refuses it, or does not start. */

import { bytes, count, plural } from "../words/numbers.ts";
import type { Finding, FindingContext, Rule } from "./finding.ts";

export const beyondMemory: Rule = {
  id: "beyond-memory",
  title: "A request that the memory does not hold",
  scope: "template",
  check(context) {
    return context.templates.flatMap((_, index) => {
      const finding = checkTemplate(context, index);
      return finding === null ? [] : [finding];
    });
  },
};

function checkTemplate(context: FindingContext, index: number): Finding | null {
  const { capacityBytes, outcomes, workload, policy } = context;
  const template = context.templates[index];
  const requests = workload.requestsOf[index] ?? [];
  if (template === undefined || capacityBytes === Number.POSITIVE_INFINITY) return null;
  const tokensOf = (request: number) => outcomes.promptTokens[request] ?? 0;
  const beyond = requests.filter(
    (request) => outcomes.isRefused[request] === 1 || bytesOf(context, tokensOf(request)) > capacityBytes,
  );
  if (beyond.length === 0) return null;
  const longest = beyond.reduce((most, request) => Math.max(most, tokensOf(request)), 0);
  return {
    rule: beyondMemory.id,
    severity: "warning",
    templateId: template.id,
    path: template.path,
    range: template.range,
    message: `${count(beyond.length)} of ${plural(requests.length, "request")} need more than the cache's memory holds`,
    detail:
      `The longest has ${plural(longest, "token")}, whose states take ${bytes(bytesOf(context, longest))} before a server rounds them up to its blocks and pools; ${policy.name} has ${bytes(capacityBytes)} here. ` +
      "A server with so little refuses such a request, or does not start for such a length. Send less, or give more: `capacity`, KV in fp8 (`kvType`), more GPUs (`tensorParallel`).",
    stake: { tokensPerRequest: 0, ttftSecondsPerRequest: 0, bytes: 0 },
    assumptions: ["capacity"],
    related: [],
  };
}

/** KV of all tokens, and one state of the recurrent layers. */
function bytesOf({ kvBytesPerToken, checkpointBytes }: FindingContext, tokens: number): number {
  return tokens * kvBytesPerToken + checkpointBytes;
}
