import { expect, it, test } from "vitest";
import { splitAtHarmony } from "../../src/prompt/harmony.ts";
import { parseDocument } from "../../src/prompt/registry.ts";
import { brokenPromises } from "../support/check-template.ts";
import { readTemplate, showTemplate } from "../support/show-template.ts";

const text = [
  "<|start|>system<|message|>You are {name}.<|end|>",
  "<|start|>developer<|message|># Instructions\nBe brief.<|end|><|start|>user<|message|>{question}<|end|>",
  "<|start|>assistant<|channel|>analysis<|message|>Think.<|end|><|start|>assistant<|channel|>commentary to=functions.find <|constrain|>json<|message|>{}<|call|>",
  "<|start|>functions.find to=assistant<|channel|>commentary<|message|>none<|end|><|start|>assistant",
].join("");

test("messages stand in their roles, without the model's own markup", () => {
  const document = { path: "prompts/chat.txt", text };
  expect(brokenPromises(document, parseDocument(document))).toEqual([]);
  expect(showTemplate(document.path, text)).toBe(
    [
      "<system>",
      '"You are "',
      "{name} [session]",
      '"."',
      "<developer>",
      '"# Instructions\\nBe brief."',
      "<user>",
      "{question} [request]",
      "<assistant>",
      '"Think."',
      "<assistant>",
      '"{}"',
      "<tool>",
      '"none"',
    ].join("\n"),
  );
  expect(readTemplate(document.path, text).usage).toBe("request");
});

it("covers the markup with the marker that it begins", () => {
  const [, , , , marker] = readTemplate("prompts/chat.harmony", text).segments;
  expect(marker).toMatchObject({ kind: "marker", role: "developer" });
  const { start, end } = marker!.range;
  expect(text.slice(start, end)).toBe("<|end|><|start|>developer<|message|>");
});

it("is no prompt that speaks of the markup somewhere", () => {
  const about = "Write <|start|>user<|message|> in front of it.";
  expect(showTemplate("prompts/a.txt", about)).toBe(JSON.stringify(about));
});

it("is read inside of conditions too", () => {
  const written =
    "<|start|>system<|message|>Be brief.{% if a %}<|end|><|start|>user<|message|>Say {{ word }}.{% endif %}<|end|>";
  expect(showTemplate("prompts/a.txt", written)).toContain('  <user>\n  "Say "');
  expect(splitAtHarmony([], "")).toEqual([]);
});
