/** Texts that are hard on tokenizers: every class of character that a pattern names, next to every other. Seeded. */

const fragments: readonly string[] = [
  ...["a", "s", "re", "the", "Zebra", "UPPER", "camelCase", "HTTPServer", "x", "B", "ing"],
  ...["'s", "'S", "'t", "'LL", "'lL", "'Ve", "'rE", "'d", "'M", "'r", "'v", "'l", "'L", "'", "''", "’s"],
  ..."'\u017F|\u017F|\u017Fs|\u0130|\u0131|\u00DF|\u212A|\u212B|\u2126|\u01C4|\u01C5|\u01C6|\u02B0|\u00AA".split(
    "|",
  ),
  ...[
    "é",
    "e\u0301",
    "E\u0301",
    "\u0301",
    "\u0323",
    "a\u0323\u0301",
    "a\u0301\u0323",
    "\u0338",
    "=\u0338",
    "\u0345",
    "\u0344",
    "\u0958",
  ],
  ...[
    "你",
    "日本語",
    "かな",
    "ガ",
    "か\u3099",
    "한국",
    "\u1100",
    "\u1161",
    "\u11A8",
    "\uAC00\u11A8",
    "\uAC00",
    "\uF900",
    "\uFB1D",
  ],
  ...["मन", "क\u093C", "คำ", "\u0E33", "العَرَبِيَّة", "עִבְרִית", "ру́сский", "Ωμέγα", "\u0B47\u0B3E", "\u0B3E"],
  ...[
    "😀",
    "👩‍👩‍👧",
    "👍🏽",
    "🇩🇪",
    "\uFE0F",
    "\u200D",
    "\u{1D400}",
    "\u{1D7CE}",
    "\u{1D165}",
    "\u{20000}",
    "\u{10FFFF}",
  ],
  ...["\uD83D", "\uDE00", "\uD835", "\uDC00"],
  ...["0", "7", "42", "123", "12345", "٣", "½", "Ⅷ", "１", "²", "1\u0301"],
  ...[
    " ",
    "  ",
    "   ",
    "\t",
    "\n",
    "\n\n",
    "\r\n",
    "\r",
    "\u00A0",
    "\u2028",
    "\u3000",
    "\u0085",
    "\uFEFF",
    "\u200B",
    "\v",
    " \n ",
    "\n  ",
  ],
  ...[
    "/",
    "//",
    "\n/",
    ".",
    "...",
    "!",
    "-",
    "—",
    "_",
    "{{",
    "}}",
    "(",
    '"',
    "\\",
    "#",
    "$",
    "+",
    "€",
    "\u0000",
    "\u0378",
    "\uE000",
    "\uFFFD",
  ],
  ...[
    "<|endoftext|>",
    "<|im_start|>",
    "<|im_end|>",
    "<think>",
    "</think>",
    "<tool_call>",
    "<|endofprompt|>",
    "<|",
  ],
];

const runs: readonly string[] = [
  "a",
  "A",
  "你",
  " ",
  "\n",
  "\r\n",
  "😀",
  "é",
  "\u0301",
  "1",
  "!",
  "日A",
  "\t",
  "e\u0301",
  "-",
  "ab",
];

export function randomSource(seed: number): (limit: number) => number {
  let state = seed >>> 0;
  // Mulberry32.
  return (limit) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296) * limit);
  };
}

/** Up to `maxFragments` fragments; sometimes one of them is a short run. */
export function adversarialText(random: (limit: number) => number, maxFragments: number): string {
  let text = "";
  for (let left = 1 + random(maxFragments); left > 0; left--) {
    text += random(12) === 0 ? pick(random, runs).repeat(1 + random(20)) : pick(random, fragments);
  }
  return text;
}

export function adversarialTexts(seed: number, count: number, maxFragments = 12): string[] {
  const random = randomSource(seed);
  return Array.from({ length: count }, () => adversarialText(random, maxFragments));
}

export function longRuns(length: number): string[] {
  return runs.map((unit) => `x ${unit.repeat(Math.ceil(length / unit.length))} y`);
}

function pick(random: (limit: number) => number, from: readonly string[]): string {
  return from[random(from.length)]!;
}
