import { describe, expect, test } from "vitest";
import { resolveIncludes } from "../../../src/prompt/includes.ts";
import { parseDocument } from "../../../src/prompt/registry.ts";
import { hasCorpora, readCorpus } from "../../support/corpora.ts";
import { parseTools } from "../../support/parse-tools.ts";
import { printSegments } from "../../support/print-segments.ts";

const documents = hasCorpora() ? readCorpus("web-chat-ts").filter(({ path }) => path.endsWith(".ts")) : [];

describe.skipIf(!hasCorpora())("TypeScript modules of other projects", () => {
  const templates = documents.flatMap((document) => parseDocument(document, parseTools).value);
  const resolved = resolveIncludes(templates, () => null, { tools: parseTools });

  test("the names of all prompts", () => {
    expect([...resolved.problems]).toEqual([]);
    expect(resolved.templates.map(({ name, usage }) => `${name}, ${usage}`)).toMatchInlineSnapshot(`
      [
        "artifactsPrompt, partial",
        "regularPrompt, partial",
        "getRequestPromptFromHints, partial",
        "systemPrompt, instructions",
        "codePrompt, request",
        "sheetPrompt, request",
        "updateDocumentPrompt, request",
        "titlePrompt, request",
      ]
    `);
  });

  test("the system prompt has the prompts that it is made of", () => {
    const system = resolved.templates.find(({ name }) => name === "systemPrompt");
    const lines = printSegments(system?.segments ?? []).split("\n");
    expect(lines.map((line) => line.slice(0, 60)).join("\n")).toMatchInlineSnapshot(`
      "if selectedChatModel.includes("reasoning") || selectedChatMo
        include regularPrompt
          "You are a friendly assistant! Keep your responses conci
        "\\n\\n"
        include requestPrompt
          include getRequestPromptFromHints()
            "About the origin of user's request:\\n- lat: "
            {requestHints.latitude} [request]
            "\\n- lon: "
            {requestHints.longitude} [request]
            "\\n- city: "
            {requestHints.city} [request]
            "\\n- country: "
            {requestHints.country} [tenant]
            "\\n"
      else
        include regularPrompt
          "You are a friendly assistant! Keep your responses conci
        "\\n\\n"
        include requestPrompt
          include getRequestPromptFromHints()
            "About the origin of user's request:\\n- lat: "
            {requestHints.latitude} [request]
            "\\n- lon: "
            {requestHints.longitude} [request]
            "\\n- city: "
            {requestHints.city} [request]
            "\\n- country: "
            {requestHints.country} [tenant]
            "\\n"
        "\\n\\n"
        include artifactsPrompt
          "\\nArtifacts is a special user interface mode that helps"
    `);
  });
});
