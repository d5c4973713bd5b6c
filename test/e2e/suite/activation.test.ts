import { strict as assert } from "node:assert";
import { commands } from "vscode";
import { ourExtension, until } from "./support.ts";

describe("activation", () => {
  it("starts by itself in a folder with prompts", async () => {
    await until("the extension is active", () => ourExtension().isActive);
  });

  it("registers every command that it contributes", async () => {
    const contributed: { command: string }[] = ourExtension().packageJSON.contributes.commands;
    const registered = new Set(await commands.getCommands(true));
    const missing = contributed.filter(({ command }) => !registered.has(command));
    assert.deepEqual(missing, []);
    assert.ok(contributed.length > 0);
  });
});
