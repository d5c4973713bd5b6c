import { defineConfig } from "vitest/config";

// biome-ignore lint/style/noDefaultExport: vitest reads its configuration from there.
export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    exclude: ["test/e2e/**"],
    // The default leaves a core to the editor: half of a machine with two.
    maxWorkers: "100%",
    // Generous, because some tests compare whole vocabularies, and machines are shared.
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
