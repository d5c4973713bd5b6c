/** A request whose states are more than the cache's memory: a server that has no other refuses it, or does not start. */

import { t } from "../words/l10n.ts";
import { bytes, count, plural } from "../words/numbers.ts";
import type { Finding, FindingContext, Rule } from "./finding.ts";

export const beyondMemory: Rule = {
  id: "beyond-memory",
  get title() {
    return t("A request that the memory does not hold");
  },
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
    message: t("{length} of {requests} need more than the cache's memory holds", {
      length: count(beyond.length),
      requests: plural(requests.length, "request"),
    }),
    detail: t(
      "The longest has {tokens}, whose states take {context} before a server rounds them up to its blocks and pools; {name} has {capacityBytes} here. A server with so little refuses such a request, or does not start for such a length. Send less, or give more: `capacity`, KV in fp8 (`kvType`), more GPUs (`tensorParallel`).",
      {
        tokens: plural(longest, "token"),
        context: bytes(bytesOf(context, longest)),
        name: policy.name,
        capacityBytes: bytes(capacityBytes),
      },
    ),
    stake: { tokensPerRequest: 0, ttftSecondsPerRequest: 0, bytes: 0 },
    assumptions: ["capacity"],
    related: [],
  };
}

/** KV of all tokens, and one state of the recurrent layers. */
function bytesOf({ kvBytesPerToken, checkpointBytes }: FindingContext, tokens: number): number {
  return tokens * kvBytesPerToken + checkpointBytes;
}
