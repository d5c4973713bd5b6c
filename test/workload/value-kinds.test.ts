import { expect, test } from "vitest";
import { kindOfName } from "../../src/workload/value-kinds.ts";

test.each([
  ["code", "document"],
  ["source_code", "document"],
  ["order_code", "reference"],
  ["items.length", "count"],
  ["filePath", "path"],
  ["working_dir", "path"],
  ["file.name", "path"],
  ["company_name", "company"],
  ["customer.name", "person"],
  ["tool_name", "title"],
])("%s holds %s", (name, kind) => {
  expect(kindOfName(name).id).toBe(kind);
});
