import { loadParseTools } from "./installed-grammars.ts";

/** Loaded before the first test; what runs outside of vitest loads its own. */
export const parseTools = await loadParseTools();
