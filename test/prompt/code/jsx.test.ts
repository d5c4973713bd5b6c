/** Prompts that are written as elements: @vscode/prompt-tsx and priompt. */
import { describe, expect, test } from "vitest";
import { parseDocument } from "../../../src/prompt/registry.ts";
import { brokenPromises } from "../../support/check-template.ts";
import { parseTools } from "../../support/parse-tools.ts";
import { said } from "../../support/say-template.ts";

const names = 'import { PromptElement, SystemMessage, UserMessage } from "@vscode/prompt-tsx";\n';
const a = "You are the porter of a museum.";

function element(content: string): string {
  return `export class PorterPrompt extends PromptElement<Props> {\n  render() {\n    return (\n      <>\n        ${content}\n      </>\n    );\n  }\n}\n`;
}

function sent(text: string): readonly string[] {
  const document = { path: "a.tsx", text };
  expect(brokenPromises(document, parseDocument(document, parseTools))).toEqual([]);
  return said("a.tsx", text);
}

describe("elements of a prompt", () => {
  test.each<[string, string, string]>([
    [
      "have roles by their names, and no priorities",
      `<SystemMessage priority={100}>${a}</SystemMessage>\n<UserMessage priority={90}>The visitor asks: {this.props.q}</UserMessage>`,
      `<system>${a}<user>The visitor asks: {this.props.q request}`,
    ],
    [
      "join lines by a blank, and break them where they say so",
      `<SystemMessage>\n          ${a}\n\n          Answer\n          in one sentence.<br />Be kind.\n        </SystemMessage>`,
      `<system>${a} Answer in one sentence.\nBe kind.`,
    ],
    [
      "are there where a condition holds",
      `<SystemMessage>${a}</SystemMessage>\n{this.props.isMember && <UserMessage>The visitor is a member.</UserMessage>}`,
      `<system>${a}(<user>The visitor is a member.|)`,
    ],
    [
      "of others are values that only a run knows",
      `<SystemMessage>${a} <Extra /></SystemMessage>\n<History priority={10} passPriority />\n<UserMessage>{q}</UserMessage>`,
      `<system>${a} {Extra request}{History session}<user>{q request}`,
    ],
    [
      "keep others together",
      `<PrioritizedList priority={5} descending><SystemMessage>${a}</SystemMessage><UserMessage>{/* now */}{q}</UserMessage></PrioritizedList>`,
      `<system>${a}<user>{q request}`,
    ],
  ])("%s", (_, content, expected) => {
    expect(sent(names + element(content))).toEqual([`request: ${expected}`]);
  });

  test("of priompt have shorter names", () => {
    const code =
      'import * as Priompt from "@anysphere/priompt";\nimport { System, User } from "@anysphere/priompt";\n';
    const content = `<System>${a}</System>\n<User>{q}</User>`;
    expect(sent(`${code}${element(content).replace("extends PromptElement<Props> ", "")}`)).toEqual([
      `request: <system>${a}<user>{q request}`,
    ]);
  });

  test("of a screen are none", () => {
    const content = `<SystemMessage>${a}</SystemMessage>\n<UserMessage>The visitor asks for it.</UserMessage>`;
    expect(sent(`import { SystemMessage } from "./chat-bubbles"; // prompt\n${element(content)}`)).toEqual(
      [],
    );
  });
});
