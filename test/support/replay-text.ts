/**
 * Replays as text. A request is a line of segments, `name=words` between slashes, then its output:
 *
 *   SYS=S×4 / name=ann / TAIL=t×3 | o
 *
 * Segments in capitals are static text, the others are holes. `SYS=a bc as a b` is the text `a b` whose tokens came out as
 * `a bc`, because its last one merged with what follows. Out comes one line per request: its tokens by fate, and the
 * segment in which it left all others.
 */
import type { CacheSystem } from "../../src/core/cache/cache-system.ts";
import { fates } from "../../src/core/fates.ts";
import { type OutcomeTable, replay } from "../../src/core/replay/replay.ts";
import type { PromptRuns, Request } from "../../src/core/replay/request.ts";
import { Words } from "./cache-text.ts";

export class ReplayText {
  readonly requests: Request[] = [];
  readonly segments: string[] = [];
  private readonly words = new Words();
  private readonly contents = new Map<string, number>();

  private readonly turns: number;

  /** So many requests in a row are of one conversation. */
  constructor(lines: string, turns = 1) {
    this.turns = turns;
    for (const line of lines.split("\n")) if (line.trim() !== "") this.add(line);
  }

  /** With a cache to replay them on again, evicted tokens are traced to the request for which they went. */
  replay(cache: CacheSystem, createCache?: () => CacheSystem): OutcomeTable {
    return replay({
      requests: this.requests,
      segmentCount: this.segments.length,
      isStatic: (segment) => this.segments[segment]! === this.segments[segment]!.toUpperCase(),
      cache,
      ...(createCache !== undefined && { createCache }),
      ttftSeconds: (reusedTokens, promptTokens) => promptTokens - reusedTokens,
    });
  }

  /** One line per request. */
  fates(cache: CacheSystem): string {
    const table = this.replay(cache);
    return this.requests.map((_, index) => this.fatesOf(table, index)).join("\n");
  }

  private fatesOf(table: OutcomeTable, index: number): string {
    const counts = fates.map((fate, column) => [fate, table.fates[index * fates.length + column]!] as const);
    const parts = counts.filter(([, tokens]) => tokens > 0).map(([fate, tokens]) => `${fate} ${tokens}`);
    const left = table.leftAtSegment[index]!;
    return `${parts.join(", ")}${left < 0 ? "" : `; left at ${this.segments[left]}`}`;
  }

  private add(line: string): void {
    const [prompt = "", output = ""] = line.split("|");
    const parts = prompt.split("/").map((part) => part.trim().split("="));
    const tokens = parts.map(([, text = ""]) => this.words.tokens(text.split(" as ")[0] ?? ""));
    const starts: number[] = [];
    let start = 0;
    for (const part of tokens) {
      starts.push(start);
      start += part.length;
    }
    const runs: PromptRuns = {
      starts: Int32Array.from(starts),
      segments: Int32Array.from(parts, ([name = ""]) => this.segment(name)),
      contents: Int32Array.from(parts, ([, text = ""]) => this.content(text.split(" as ").at(-1) ?? "")),
    };
    this.requests.push({
      arrivalSeconds: this.requests.length,
      session: Math.floor(this.requests.length / this.turns),
      turn: this.requests.length % this.turns,
      promptTokens: Int32Array.from(tokens.flatMap((part) => [...part])),
      outputTokens: this.words.tokens(output),
      runs,
    });
  }

  private segment(name: string): number {
    const known = this.segments.indexOf(name);
    return known >= 0 ? known : this.segments.push(name) - 1;
  }

  private content(text: string): number {
    const known = this.contents.get(text);
    if (known !== undefined) return known;
    this.contents.set(text, this.contents.size);
    return this.contents.size - 1;
  }
}
