/**
 * Agents of which it is published when they read a file of instructions, so that it is known which requests an edit reaches.
 * Where it lands in a request, and the sources, are in docs/harnesses.md.
 */
export interface InstructionReader {
  readonly agent: string;
  /** Files that it reads, by their path in the workspace. */
  readonly reads: RegExp;
  /** `session`: once, when a session begins. `request`: for every request. */
  readonly readPer: "session" | "request";
}

export const instructionReaders: readonly InstructionReader[] = [
  {
    agent: "Claude Code",
    reads: /(?:^|\/)CLAUDE(?:\.local)?\.md$|(?:^|\/)\.claude\/rules\/.*\.md$/i,
    readPer: "session",
  },
  { agent: "Codex", reads: /(?:^|\/)AGENTS\.md$/i, readPer: "session" },
  { agent: "Gemini CLI", reads: /(?:^|\/)GEMINI\.md$/i, readPer: "session" },
  {
    agent: "Copilot",
    reads: /(?:^|\/)copilot-instructions\.md$|\.instructions\.md$/i,
    readPer: "request",
  },
];

export function instructionReadersOf(path: string): readonly InstructionReader[] {
  return instructionReaders.filter(({ reads }) => reads.test(path));
}
