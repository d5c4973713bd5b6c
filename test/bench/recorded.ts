/**
 * How long the public Marconi artifact took for the same traces, in seconds: another run, not this one, so that a ratio to
 * it tells orders of magnitude. Untouched code on CPython 3.11.7, a virtual machine with two cores of an AMD EPYC, the
 * hybrid of 7 billion parameters, the trace expanded beforehand, its tuner with two processes; medians of 3 to 5 runs, one
 * run for vLLM+ on swe traces. Where runs of V2 differed by its process pool, the fastest one counts.
 */
export const artifactSeconds: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  "mixed-a": { "vLLM+ 32": 6.66, V1: 0.33, V2: 20, "V3 alpha 0.5": 1.82 },
  "swe-collapse-a": { "vLLM+ 32": 33.0, V1: 0.65, V2: 17.9, "V3 alpha 0.5": 2.09 },
  "swe-a": { "vLLM+ 32": 86.2, V1: 0.74, V2: 11.2, "V3 alpha 0.5": 1.38 },
};
