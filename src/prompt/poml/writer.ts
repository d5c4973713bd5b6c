/** Segments in the making: text that is rendered from a source, with breaks between its blocks. */
import { EmbeddedTextBuilder, textSegmentOf } from "../embedded.ts";
import type { Role, Segment } from "../template.ts";
import type { TextRange } from "../text.ts";

export class MarkdownWriter {
  readonly #source: string;
  readonly #segments: Segment[] = [];
  #text: EmbeddedTextBuilder;
  /** Line breaks that are due before what comes next. */
  #due: "" | "\n" | "\n\n" = "";
  /** Blank source that renders as one blank, if text follows it. */
  #blank: TextRange | null = null;
  /** Who says what comes next, where that is no message of its own. */
  #speaker: Role | null = null;
  /** Whether anything stands in the present message. */
  #hasBegun: boolean;
  #endsBlank: boolean;
  #at: number;

  /** `hasBegun`: whether text stands before what is written here, so that a break before it counts. */
  constructor(source: string, at: number, hasBegun: boolean) {
    this.#source = source;
    this.#text = new EmbeddedTextBuilder(source);
    this.#hasBegun = hasBegun;
    this.#endsBlank = !hasBegun;
    this.#at = at;
  }

  get hasBegun(): boolean {
    return this.#hasBegun;
  }

  /** What follows begins a line, or a paragraph. */
  break(lines: "\n" | "\n\n"): void {
    this.#blank = null;
    if (this.#hasBegun && lines.length > this.#due.length) this.#due = lines;
  }

  /** The break that is due here belongs to what is written elsewhere. */
  leaveBreak(): void {
    this.#due = "";
    this.#blank = null;
  }

  /** What follows is said by `role`, unless a message begins. */
  resume(role: Role): void {
    this.#speaker = role;
  }

  /** Source that stands for itself. */
  slice(start: number, end: number): void {
    if (end <= start) return;
    this.#begin();
    this.#text.slice(start, end);
    this.#written(end, false);
  }

  /** The source at `range` stands for `text`. */
  unit(text: string, { start, end }: TextRange): void {
    this.#begin();
    this.#text.unit(text, start, end);
    this.#written(end, text.endsWith(" "));
  }

  /** Blank source between words. */
  blank(range: TextRange): void {
    if (this.#hasBegun && !this.#endsBlank) this.#blank = range;
  }

  segment(segment: Segment): void {
    if (segment.kind === "marker") {
      this.#beginMessage(segment);
      return;
    }
    this.#begin();
    this.#flush();
    this.#segments.push(segment);
    this.#written(segment.range.end, false);
  }

  end(): readonly Segment[] {
    this.#flush();
    return this.#segments;
  }

  #beginMessage(marker: Segment & { readonly kind: "marker" }): void {
    this.#flush();
    this.leaveBreak();
    this.#speaker = null;
    this.#hasBegun = false;
    this.#endsBlank = true;
    this.#segments.push(marker);
    this.#at = marker.range.end;
  }

  #begin(): void {
    const at = this.#at;
    if (this.#speaker !== null) {
      this.#beginMessage({ kind: "marker", range: { start: at, end: at }, role: this.#speaker });
    } else if (this.#due !== "") this.#text.unit(this.#due, at, at);
    else if (this.#blank !== null) this.#text.unit(" ", this.#blank.start, this.#blank.end);
    this.leaveBreak();
  }

  #written(end: number, endsBlank: boolean): void {
    this.#hasBegun = true;
    this.#endsBlank = endsBlank;
    this.#at = end;
  }

  #flush(): void {
    const text = textSegmentOf(this.#text.build({ start: this.#at, end: this.#at }));
    if (text !== null) this.#segments.push(text);
    this.#text = new EmbeddedTextBuilder(this.#source);
  }
}
