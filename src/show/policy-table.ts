/** The policies as a table in Markdown, for the documentation. */
import type { PolicyKind } from "../core/policies/policy.ts";
import { policies } from "../core/policies/registry.ts";
import { learnedFrom } from "./learned.ts";

const kindNames: Readonly<Record<PolicyKind, string>> = {
  research: "as published",
  proposed: "proposed here",
  engine: "server",
  bound: "bound",
  hosted: "hosted API",
};

export function policyTable(): string {
  const rows = policies.map(({ id, name, kind, description, version, learned, leavesOut }) => {
    const rules = learned === undefined ? "" : `${learned.asOf}, ${learnedFrom[learned.from]}`;
    const cells = [`\`${id}\``, name, kindNames[kind], description, version, rules, leavesOut];
    return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  });
  return [
    "| policy | system | kind | what it does | version | rules of | leaves out |",
    "|---|---|---|---|---|---|---|",
    ...rows,
  ].join("\n");
}
