/** Files that say something else of settings than the table, and what they should hold. */
export function staleSettings(): readonly { readonly file: string; readonly value: unknown }[];
