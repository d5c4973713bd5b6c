/** Where the system knows no home folder, nothing ends with a stack trace. */
import { tmpdir } from "node:os";
import { expect, test, vi } from "vitest";
import { defaultSettings, UserError } from "../../../src/config/settings.ts";
import { homeFolder } from "../../../src/hosts/node/home-folder.ts";
import { huggingFaceCache } from "../../../src/hosts/node/hugging-face-cache.ts";
import { locateTokenizer } from "../../../src/hosts/node/tokenizer-files.ts";

vi.mock("node:os", async (original) => ({
  ...(await original<typeof import("node:os")>()),
  homedir: () => {
    throw new Error("A system error occurred: uv_os_homedir returned ENOENT (no such file or directory)");
  },
}));

test("there is no Hugging Face cache but one that is named", () => {
  expect(homeFolder()).toBeNull();
  expect(huggingFaceCache({})).toBeNull();
  expect(huggingFaceCache({ HF_HUB_CACHE: tmpdir() })).toBe(tmpdir());
});

test("a tokenizer below ~ cannot be found, and that is said", () => {
  const settings = { ...defaultSettings, tokenizer: "~/tokenizer.json" };
  const locate = () => locateTokenizer(settings, { isUsers: true, workspace: null, cache: null });
  expect(locate).toThrow(UserError);
  expect(locate).toThrow("no home folder is known here");
});
