/** Files of the extension's own folder, which the extension fetches. */
import type { OwnFileAnswer } from "../../protocol/web-worker.ts";

interface Waiting {
  resolve(bytes: Uint8Array): void;
  reject(error: Error): void;
}

export class OwnFiles {
  readonly #ask: (path: string) => void;
  readonly #waiting = new Map<string, Waiting[]>();

  constructor(ask: (path: string) => void) {
    this.#ask = ask;
  }

  read(path: string): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      const waiting = this.#waiting.get(path);
      if (waiting !== undefined) {
        waiting.push({ resolve, reject });
        return;
      }
      this.#waiting.set(path, [{ resolve, reject }]);
      this.#ask(path);
    });
  }

  answer(answer: OwnFileAnswer): void {
    const waiting = this.#waiting.get(answer.path) ?? [];
    this.#waiting.delete(answer.path);
    for (const { resolve, reject } of waiting) {
      if (answer.type === "own-file") resolve(answer.bytes);
      else reject(new Error(`The extension's file ${answer.path} could not be fetched: ${answer.reason}`));
    }
  }
}
