/**
 * Template-informed admission: beside what another admission keeps, a checkpoint at the end of every static part of the
 * prompt, at its first occurrence. A server that watches traffic makes a shared prefix reusable from its third occurrence
 * on; one that is told by the template, from the second.
 * An end that only one conversation shares displaces what others would have used once the cache is full: it is kept
 * until then only. docs/density.md has the figures.
 */
import type { Admission } from "./admission.ts";

export function withTemplateEnds(admission: Admission): Admission {
  return {
    takesStaticEnds: true,
    positions(request, out) {
      admission.positions(request, out);
      const { reused, resumeLimit, staticEnds, hasEvicted } = request;
      const before = out.length;
      for (const { end, sharedBy } of staticEnds) {
        if (sharedBy === "session" && hasEvicted) continue;
        if (end > reused && end <= resumeLimit && !out.includes(end)) out.push(end);
      }
      if (out.length > before) out.sort((a, b) => a - b);
    },
  };
}
