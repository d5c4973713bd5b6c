import { expect, test } from "vitest";
import { parseDocument } from "../../../src/prompt/registry.ts";
import type { Segment } from "../../../src/prompt/template.ts";
import { parseTools } from "../../support/parse-tools.ts";

const rules = "You are a clerk of the town hall: answer in full sentences.";

/** What the call sends: text, names of holes, and conditions. */
function sent(path: string, text: string): string {
  const { value } = parseDocument({ path, text }, parseTools);
  const said = (segments: readonly Segment[]): string =>
    segments
      .map((segment) => {
        if (segment.kind === "text") return segment.text;
        if (segment.kind === "include") return said(segment.resolved?.segments ?? []);
        if (segment.kind === "block") return `<if ${said(segment.body)} else ${said(segment.otherwise)}>`;
        return segment.kind === "hole" ? `{${segment.name}}` : `[${segment.role}]`;
      })
      .join("");
  return value
    .filter(({ usage }) => usage === "request")
    .map(({ segments }) => said(segments))
    .join("\n");
}

const python = (body: string) => `
def desk(user, flag):
${body.replace(/^/gm, "    ")}

client.chat.completions.create(model="m", messages=[
    {"role": "system", "content": desk(user, flag)}, {"role": "user", "content": "Go on."}])
`;

const text = `f"${rules} Serve {user}."`;

test.each([
  ["an empty text", `if not user:\n    return ""\nreturn ${text}`],
  ["single quotes", `if not user:\n    return ''\nreturn ${text}`],
  ["an empty f-string", `if not user:\n    return f""\nreturn ${text}`],
  ["a long empty text", `if not user:\n    return """"""\nreturn ${text}`],
  ["None", `if user is None:\n    return None\nreturn ${text}`],
  ["nothing", `if user is None:\n    return\nreturn ${text}`],
  ["an empty list", `if not user:\n    return []\nreturn ${text}`],
  ["the empty str", `if not user:\n    return str()\nreturn ${text}`],
  ["several", `if not user:\n    return ""\nif flag:\n    return None\nreturn ${text}`],
  ["one at the end", `if user:\n    return ${text}\nreturn ""`],
  ["one in an exception", `try:\n    check(user)\nexcept KeyError:\n    return ""\nreturn ${text}`],
  ["one behind a loop", `for line in flag:\n    if not line:\n        return ""\nreturn ${text}`],
])("a guard that returns nothing is passed: Python, %s", (_, body) => {
  expect(sent("a.py", python(body))).toBe(`[system]${rules} Serve {user}.[user]Go on.`);
});

test("two texts are a choice: Python", () => {
  const body = `if flag:\n    return "Answer as a night clerk would."\nreturn ${text}`;
  expect(sent("a.py", python(body))).toContain("<if Answer as a night clerk would. else ");
});

const script = (body: string) => `
function desk(user?: string, flag?: boolean) {
${body}
}
client.chat.completions.create({ model: "m", messages: [
  { role: "system", content: desk(user, flag) }, { role: "user", content: "Go on." }] });
`;

const template = `return \`${rules} Serve $`.concat("{user}.`;");

test.each([
  ["an empty text", `if (!user) return "";\n${template}`],
  ["an empty template", `if (!user) { return \`\`; }\n${template}`],
  ["null", `if (user === undefined) { return null; }\n${template}`],
  ["undefined", `if (!user) return undefined;\n${template}`],
  ["nothing", `if (!user) return;\n${template}`],
  ["an empty list", `if (!user) return [];\n${template}`],
  ["several", `if (!user) return "";\nif (flag) return null;\n${template}`],
  ["one at the end", `if (user) { ${template} }\nreturn "";`],
  ["none at the end", `if (user) { ${template} }`],
  ["one in an else", `if (user) { ${template} } else { return null; }`],
  ["one in a case", `switch (flag) { case true: ${template} default: return ""; }`],
  ["one in an exception", `try { check(user); } catch { return ""; }\n${template}`],
])("a guard that returns nothing is passed: TypeScript, %s", (_, body) => {
  expect(sent("a.ts", script(body))).toBe(`[system]${rules} Serve {user}.[user]Go on.`);
});

test("two texts are a choice: TypeScript", () => {
  const body = `if (flag) return "Answer as a night clerk would.";\n${template}`;
  expect(sent("a.ts", script(body))).toContain("<if Answer as a night clerk would. else ");
});

test("what gives nothing back in any case is no text", () => {
  expect(sent("a.py", python('if not user:\n    return ""\nreturn None'))).toContain("{desk}");
  expect(sent("a.ts", script('if (!user) return "";\nreturn null;'))).not.toContain("clerk");
});
