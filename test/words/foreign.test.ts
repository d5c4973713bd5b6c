import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { harmless, harmlessLines, harmlessNotice } from "../../src/words/foreign.ts";

describe("foreign text", () => {
  it.each([
    ["plain/päth 日本 👍.txt", "plain/päth 日本 👍.txt"],
    ["C:\\prompts\\a.j2", "C:\\prompts\\a.j2"],
    ["a\u001b[2Jb", "a\\x1b[2Jb"],
    ["\u001b]0;title\u0007", "\\x1b]0;title\\x07"],
    ["one\ntwo\r\tthree", "one\\ntwo\\r\\tthree"],
    ["\u0000\u007f\u0085\u009b", "\\x00\\x7f\\x85\\x9b"],
    ["txt.\u202egpj", "txt.\\u202egpj"],
    ["\u200e\u200f\u061c\u2066\u2069", "\\u200e\\u200f\\u061c\\u2066\\u2069"],
    ["a\u2028b\u2029c", "a\\u2028b\\u2029c"],
    ["half \ud83d of", "half \\ud83d of"],
  ])("%j shows as %j", (text, shown) => expect(harmless(text)).toBe(shown));

  it("has no character left that commands, once or twice made harmless", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const shown = harmless(text);
        expect(shown).not.toMatch(/[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}\p{Cs}]/u);
        expect(harmless(shown)).toBe(shown);
      }),
    );
  });

  it("keeps lines lines", () => {
    expect(harmlessLines(["a\nb", "c\u001b"])).toBe("a\\nb\nc\\x1b");
  });

  it("makes no link of a notification", () => {
    expect(harmlessNotice("[Trust](command:workbench.trust.manage)")).toBe(
      "[Trust] (command:workbench.trust.manage)",
    );
    // As in VS Code's linkedText.ts.
    const link = /\[([^\]]+)\]\(((?:https?:\/\/|command:|file:)[^)\s]+)(?: (["'])(.+?)(\3))?\)/i;
    expect("[Trust](command:x)").toMatch(link);
    const parts = fc.constantFrom("[", "]", "(", ")", "a", "command:x", "\n", "\u0000", "https://x");
    fc.assert(
      fc.property(fc.array(parts), (all) => {
        expect(harmlessNotice(all.join(""))).not.toMatch(link);
      }),
    );
  });
});
