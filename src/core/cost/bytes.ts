/** Amounts of memory as people write them. */

import { t } from "../../words/l10n.ts";
import { CostError } from "./cost-error.ts";

const unitBytes: Readonly<Record<string, number>> = {
  "": 1,
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
  tib: 2 ** 40,
};

/** Bytes, rounded to whole ones, from such as `20GiB`, `20 GB` or `1e9`; case does not matter. Throws `CostError`. */
export function parseBytes(text: string): number {
  const match = /^(\d+(?:\.\d*)?(?:e\+?\d+)?|\.\d+(?:e\+?\d+)?)\s*([a-z]*)$/i.exec(text.trim());
  const examples = t("Write a number and a unit, such as 20GiB, 20GB or 500MB.");
  if (!match) throw new CostError(t('"{text}" is not an amount of memory. {examples}', { text, examples }));
  const [, number, unit] = match;
  const factor = unitBytes[unit.toLowerCase()];
  if (factor === undefined) {
    throw new CostError(
      t('Unknown unit "{unit}" in "{text}". Units: B, kB, MB, GB, TB, KiB, MiB, GiB, TiB.', { unit, text }),
    );
  }
  const bytes = Math.round(Number(number) * factor);
  if (!Number.isSafeInteger(bytes))
    throw new CostError(t('"{text}" is more memory than can be counted. {examples}', { text, examples }));
  return bytes;
}
