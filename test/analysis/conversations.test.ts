import { expect, test } from "vitest";
import { analyze, policyText } from "../support/analyze.ts";

const loop = (role: string) =>
  `{% for item in chat_history %}\n${role}\n{{ item.content }}\n{% endfor %}\n\nuser:\n{{ question }}\n`;

test.each([
  ["chat.prompty", `---\nname: Chat\n---\nsystem:\n${policyText(5)}\n\n${loop("{{ item.role }}:")}`],
  ["chat.jinja2", `# system:\n${policyText(5)}\n\n${loop("# {{ item.role }}:")}`],
])("a chat whose history brings its own roles only grows: %s", (path, text) => {
  const report = analyze({ [path]: text }, { policy: "unlimited" });
  const [template] = report.templates;
  expect(template?.ledger.diverged).toBe(0);
  // The first turn of every conversation reuses the system message; later ones all but what is new.
  expect(template?.tokenHitRate).toBeGreaterThan(0.7);
  expect(report.findings).toEqual([]);
});
