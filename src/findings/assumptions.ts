/** Assumptions that findings rest on, by id; the report lists those that some finding names. */
export const findingAssumptions = {
  "moved-hole":
    "What moving a hole saves is counted as if the text behind it were then reused, with a checkpoint where the shared part ends.",
  "inferred-scope": "How often the value of a hole changes is inferred from its name unless it is declared.",
  "near-duplicate-traffic":
    "Near-duplicate templates are counted as if one text served both, so that what is equal is kept once.",
  "values-assumed":
    "What holes hold is drawn by seed, unless samples or values are given; lengths of values are assumed.",
} as const;

export type FindingAssumption = keyof typeof findingAssumptions;
