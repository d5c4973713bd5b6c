import { strict as assert } from "node:assert";
import { extensions } from "vscode";

describe("activation", () => {
  it("activates", async () => {
    const extension = extensions.getExtension("prompt-cache-lens.prompt-cache-lens");
    assert.ok(extension, "the extension is not loaded");
    await extension.activate();
    assert.equal(extension.isActive, true);
  });
});
