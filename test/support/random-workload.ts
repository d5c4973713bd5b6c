import { createRandom, pick, wholeNumber } from "../../src/workload/random.ts";

/** Requests as `ReplayText` reads them: templates of static and varying segments, some shared, with runs long enough for blocks and chunks of engines. */
export function randomWorkload(
  seed: number,
  requests: number,
  lengths: readonly number[] = [3, 20, 150],
): string {
  const random = createRandom(seed);
  const long = pick(random, lengths);
  const text = (name: string) => `${name}×${wholeNumber(random, 0, long)}`;
  const statics = Array.from({ length: 4 }, (_, i) => `T${i}=${text(`t${i}_`)}`);
  const templates = Array.from({ length: 3 }, () =>
    Array.from({ length: wholeNumber(random, 1, 5) }, () =>
      random() < 0.5 ? pick(random, statics) : `hole${wholeNumber(random, 0, 3)}`,
    ),
  );
  const lines: string[] = [];
  const earlier: string[] = [];
  for (let i = 0; i < requests; i++) {
    const parts = pick(random, templates).map((part) =>
      part.includes("=") ? part : `${part}=${pick(random, ["", text("v_"), text("w_"), `x${i}`])}`,
    );
    const base = random() < 0.3 && earlier.length > 0 ? `${pick(random, earlier)} / ` : "";
    const output = text("o_");
    lines.push(`${base}${parts.join(" / ")} | ${output}`);
    earlier.push(`${parts.join(" / ")} / REPLY=${output}`);
  }
  return lines.join("\n");
}
