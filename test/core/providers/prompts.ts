/** Prompts as text: `S1500 U40` is 1,500 tokens of S and 40 of U. Equal letters mean equal text. */
import { type Arrival, type Matcher, ProviderServed } from "../../../src/core/providers/request.ts";

export function tokens(text: string): Int32Array {
  const parts = text.split(" ").filter((part) => part !== "");
  return Int32Array.from(parts.flatMap((part) => run(part)));
}

function run(part: string): number[] {
  const letter = part.charCodeAt(0) * 1_000_000;
  return Array.from({ length: Number(part.slice(1)) }, (_, index) => letter + index);
}

/** Where the parts of a prompt end: each is a block. */
export function ends(text: string): number[] {
  let end = 0;
  return text.split(" ").map((part) => {
    end += Number(part.slice(1));
    return end;
  });
}

export interface Sent extends Partial<Arrival> {
  readonly at?: number;
  readonly prompt: string;
  readonly answer?: string;
  /** Ends of marked prefixes; negative ones are long. */
  readonly marks?: readonly number[];
}

export function send(matcher: Matcher, sent: Sent): ProviderServed {
  const { at = 0, prompt, answer = "", marks = [], ...arrival } = sent;
  const served = new ProviderServed();
  const markers = marks.map((mark) => ({ end: Math.abs(mark), isLong: mark < 0 }));
  matcher.serve(
    {
      arrivalSeconds: at,
      blockEnds: ends(prompt),
      markers,
      ...arrival,
      promptTokens: tokens(prompt),
      outputTokens: tokens(answer),
    },
    served,
  );
  return served;
}

/** `read 1408, written 0, plain 392; rounding 92`: what was billed, and why matched tokens were not read. */
export function told(served: ProviderServed): string {
  const { readTokens, writtenTokens, writtenLongTokens, plainTokens } = served;
  const long = writtenLongTokens > 0 ? ` (${writtenLongTokens} long)` : "";
  const losses = served.losses.map((loss) => `; ${loss.reason} ${loss.end - loss.start}`).join("");
  return `read ${readTokens}, written ${writtenTokens}${long}, plain ${plainTokens}${losses}`;
}
