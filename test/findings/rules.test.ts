import { expect, test } from "vitest";
import { rules } from "../../src/findings/rules.ts";
import { isOfWorkspace } from "../../src/findings/workspace-finding.ts";

test("rules have names of their own, and those about the workspace are told by theirs", () => {
  const ids = rules.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  const ofWorkspace = rules.filter(({ scope }) => scope === "workspace-advice").map(({ id }) => id);
  expect(ofWorkspace.length).toBeGreaterThan(0);
  expect(ids.filter((rule) => isOfWorkspace({ rule }))).toEqual(ofWorkspace);
});
