/** Text that stands in for values that nobody declared. It reads like prose, so that it tokenizes like prose. */
import type { Tokenizer } from "../tokenizers/tokenizer.ts";
import { pick, type Random, wholeNumber } from "./random.ts";

const words = (
  "the a of to and in for with on at from by that this which when after before because while if then " +
  "order shipment customer invoice warehouse carrier account ticket refund delivery package label route " +
  "contract schedule request report policy service region partner price quote manifest container dock " +
  "driver claim photo address signature window delay weather inspection customs document number copy " +
  "is was has needs shows asks sends receives confirms changes reports expects holds returns keeps moves " +
  "late early open closed missing damaged correct urgent weekly second final local foreign heavy fragile " +
  "today again already usually only still twice directly however therefore instead without between under " +
  "team manager office harbor bridge station system screen record status reason option answer question " +
  "review update check pickup payment deposit balance credit limit notice change detail example result"
).split(" ");

const givenNames =
  "Ada Ben Carla Dmitri Elena Farid Grace Hugo Ines Jonas Kira Luis Mona Nils Olga Priya".split(" ");
const familyNames =
  "Abbott Berg Castro Dahl Eriksen Fischer Gomez Haddad Ito Jensen Kumar Lopez Meyer Novak Okafor Petrov".split(
    " ",
  );
const companyNames =
  "Northwind Bluewater Kestrel Meridian Larkspur Oakfield Tidewater Granite Juniper Silverline".split(" ");
const companyForms = "Logistics Trading Foods Textiles Marine Instruments Supplies Partners".split(" ");

/** Sentences of 7 to 14 words, `count` words in all. */
export function fillerText(random: Random, count: number): string {
  const parts: string[] = [];
  let left = 0;
  for (let index = 0; index < count; index++) {
    const isFirst = left === 0;
    if (isFirst) left = wholeNumber(random, 7, 14);
    const word = pick(random, words);
    left--;
    const isLast = left === 0 || index === count - 1;
    parts.push((isFirst ? word[0]!.toUpperCase() + word.slice(1) : word) + (isLast ? "." : ""));
  }
  return parts.join(" ");
}

/** Filler of exactly `count` tokens when tokenized by itself, as far as the vocabulary allows. */
export function fillerTokens(random: Random, count: number, tokenizer: Tokenizer): string {
  if (count <= 0) return "";
  let text = fillerText(random, count);
  let encoding = tokenizer.encodeWithEnds(text);
  while (encoding.ids.length < count) {
    text += ` ${fillerText(random, count)}`;
    encoding = tokenizer.encodeWithEnds(text);
  }
  return text.slice(0, encoding.ends[count - 1]!);
}

export function personName(random: Random): string {
  return `${pick(random, givenNames)} ${pick(random, familyNames)}`;
}

export function companyName(random: Random): string {
  return `${pick(random, companyNames)} ${pick(random, companyForms)}`;
}

export function hexDigits(random: Random, count: number): string {
  let text = "";
  for (let index = 0; index < count; index++) text += wholeNumber(random, 0, 15).toString(16);
  return text;
}

/** The shape of a version 4 UUID. */
export function uuidText(random: Random): string {
  const variant = "89ab"[wholeNumber(random, 0, 3)];
  return `${hexDigits(random, 8)}-${hexDigits(random, 4)}-4${hexDigits(random, 3)}-${variant}${hexDigits(random, 3)}-${hexDigits(random, 12)}`;
}

/** An order or ticket number such as `HL-482913`. */
export function referenceText(random: Random): string {
  return `HL-${wholeNumber(random, 100000, 999999)}`;
}

/** Another text of the same shape: words become other words, digits other digits, the rest stays. */
export function variationOf(text: string, random: Random): string {
  if (!/\s/.test(text.trim())) {
    return text.replace(/[A-Za-z0-9]/g, (unit) => {
      if (unit >= "0" && unit <= "9") return String(wholeNumber(random, 0, 9));
      const first = unit <= "Z" ? 65 : 97;
      return String.fromCharCode(first + wholeNumber(random, 0, 25));
    });
  }
  return text.replace(/[\p{L}]{2,}|[0-9]/gu, (run) => {
    if (run.length === 1) return String(wholeNumber(random, 0, 9));
    const word = pick(random, words);
    return /^\p{Lu}/u.test(run) ? word[0]!.toUpperCase() + word.slice(1) : word;
  });
}
