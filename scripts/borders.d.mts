export interface Folder {
  readonly world: "none" | "node" | "vscode" | "vscode-node" | "web-worker" | "page";
  readonly may: readonly string[];
  readonly why: string;
}
export const folders: Readonly<Record<string, Folder>>;
export const projects: readonly string[];
export function projectOf(path: string): string;
/** Files that do not hold what the table says, and what they should hold. */
export function staleFences(): readonly (readonly [file: string, text: string])[];
