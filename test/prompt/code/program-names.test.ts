import { expect, test } from "vitest";
import { withProgramNames } from "../../../src/prompt/code/program-names.ts";
import { inferScope } from "../../../src/prompt/scope-inference.ts";
import type { HoleSegment, ScopeClaim } from "../../../src/prompt/template.ts";

function claimOf(name: string, scope: ScopeClaim = inferScope(name)): ScopeClaim {
  const range = { start: 0, end: 1 };
  const hole: HoleSegment = { kind: "hole", range, form: "variable", name, expression: name, scope };
  return (withProgramNames([hole])[0] as HoleSegment).scope;
}

test.each([
  ["BQ_PROJECT_ID", "constant", "inferred"],
  ["_TOOL_CALL_LIMIT", "constant", "inferred"],
  ["VERIFICATION_FILE.as_posix", "constant", "inferred"],
  ["CURRENT_DATE", "day", "inferred"],
  ["self.output", "request", "unknown"],
  ["base_prompt", "session", "unknown"],
  ["question", "request", "inferred"],
  ["customer.name", "session", "inferred"],
] as const)("%s is %s, %s", (name, scope, basis) => {
  expect(claimOf(name)).toMatchObject({ scope, basis });
});

test("what was declared stays", () => {
  const declared = { scope: "request", basis: "declared", reason: "declared in this template" } as const;
  expect(claimOf("BQ_PROJECT_ID", declared)).toBe(declared);
});
