/** A checkpoint at the end of every block: fine-grained checkpointing, the baseline that Marconi calls vLLM+. */
import type { Admission } from "./admission.ts";

export const everyBlock: Admission = {
  positions({ reused, sequenceSymbols }, out) {
    for (let position = reused + 1; position <= sequenceSymbols; position++) out.push(position);
  },
};
