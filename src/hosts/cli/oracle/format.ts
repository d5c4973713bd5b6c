/** What a kind of golden file is: how it is recognised, and how what it says is compared with what we do. */
import type { OracleRequest } from "../../../log/marconi-oracle.ts";

/** What is printed as one line. */
export interface Checked {
  readonly title: string;
  /** Equal requests and hit rates, in words; left out where each number is compared on its own. */
  readonly summary?: string;
  /** Runs of the file, and how many are equal in every number; left out where only requests are compared. */
  readonly runs?: { readonly equal: number; readonly all: number };
  /** Empty where everything is equal. */
  readonly differences: readonly string[];
  /** Why they cannot be fewer; such a line is listed, and is no pass. */
  readonly unreachable?: string;
}

/** The traces that files refer to. */
export interface Traces {
  /**
   * The leading requests of the trace that a file names; a path as it is written there. Throws an `Error` when there is no
   * such trace, or it has fewer requests.
   */
  requests(file: string, count: number): readonly OracleRequest[];
}

export interface OracleFormat {
  readonly id: string;
  /** Whether a text is one, by its first characters. */
  isOne(text: string): boolean;
  /** Throws an `Error` for a file that cannot be read. */
  check(text: string, name: string, traces: Traces): Iterable<Checked>;
}
