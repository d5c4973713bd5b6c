/**
 * What templates would be and send if something of them were otherwise. The policy has no part in it: it is kept, up to a
 * size, as long as the template sends what it does now, so that another policy, model size or memory only serves it again.
 */
import type { Template } from "../prompt/template.ts";
import type { RenderedConversation, WorkloadMaker } from "../workload/generate.ts";
import type { Alteration, WorkloadPart } from "../workload/workload.ts";

/** What tells one alteration of the same requests from the others. */
export interface AlterationKey {
  readonly key: string;
  /** Of the document that is edited; empty where none is. */
  readonly text: string | undefined;
}

interface Kept {
  readonly text: string | undefined;
  readonly value: unknown;
  readonly size: number;
}

/** Prompt tokens, and characters of templates, that are kept: four bytes of the one, two of the other. */
const mostKept = 16_000_000;

export class AlteredParts {
  readonly #maker: WorkloadMaker;
  readonly #kept = new Map<WorkloadPart, Map<string, Kept>>();
  #size = 0;

  constructor(maker: WorkloadMaker) {
    this.#maker = maker;
  }

  /** What it sends instead of `part`; `null` where that cannot be said. */
  sent(
    template: Template,
    part: WorkloadPart,
    change: Alteration,
    { key, text }: AlterationKey,
  ): Generator<void, WorkloadPart | null, void> {
    const make = () => this.sentOnce(template, change);
    return this.#once(part, { key: `sent ${key}`, text }, make, (then) => (then === null ? 0 : sizeOf(then)));
  }

  /** The same of an alteration that no key tells from others. */
  sentOnce(template: Template, change: Alteration): Generator<void, WorkloadPart | null, void> {
    return this.#maker.instead(template, change);
  }

  /** What it sends, or would send as `edited`, in words. */
  rendered(template: Template, edited?: Template): Generator<void, RenderedConversation | null, void> {
    return this.#maker.rendered(template, edited);
  }

  /** A template that `make` gives. */
  read(
    part: WorkloadPart,
    { key, text }: AlterationKey,
    make: () => Generator<void, Template | null, void>,
  ): Generator<void, Template | null, void> {
    return this.#once(part, { key: `read ${key}`, text }, make, (read) =>
      read === null ? 0 : (text?.length ?? 0),
    );
  }

  /** Forgets what belongs to others. */
  keepOnly(parts: readonly WorkloadPart[]): void {
    const isKept = new Set(parts);
    for (const [part, kept] of this.#kept) {
      if (isKept.has(part)) continue;
      this.#kept.delete(part);
      for (const { size } of kept.values()) this.#size -= size;
    }
  }

  *#once<T>(
    part: WorkloadPart,
    { key, text }: AlterationKey,
    make: () => Generator<void, T, void>,
    sizeFor: (value: T) => number,
  ): Generator<void, T, void> {
    const known = this.#kept.get(part)?.get(key);
    if (known !== undefined && known.text === text) return known.value as T;
    const value = yield* make();
    const size = sizeFor(value);
    const more = size - (known?.size ?? 0);
    // What comes first stays: of a round that is longer than the memory, the oldest is what is asked for next.
    if (this.#size + more > mostKept) return value;
    const all = this.#kept.get(part) ?? new Map<string, Kept>();
    this.#kept.set(part, all.set(key, { text, value, size }));
    this.#size += more;
    return value;
  }
}

function sizeOf({ requests }: WorkloadPart): number {
  return requests.reduce((tokens, { promptTokens }) => tokens + promptTokens.length, 0);
}
