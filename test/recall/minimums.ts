/** `--at-least python=95,precision=97`: the least share of each kind, in percent. */
import { UserError } from "../../src/config/settings.ts";
import { type PlaceKind, placeKinds } from "./truth.ts";

export type Measured = PlaceKind | "precision";

export interface Minimum {
  readonly of: Measured;
  readonly percent: number;
}

/** Throws `UserError`. */
export function readMinimums(text: string | undefined): readonly Minimum[] {
  if (text === undefined) return [];
  return text.split(",").map((part) => {
    const [name = "", number = "", ...rest] = part.split("=").map((word) => word.trim());
    const names: readonly Measured[] = [...placeKinds, "precision"];
    const of = names.find((each) => each === name);
    if (of === undefined) {
      throw new UserError(`--at-least asks for "${name}"; give ${names.join(", ")}, as python=95.`);
    }
    const percent = Number(number);
    if (rest.length > 0 || number === "" || !(percent >= 0 && percent <= 100)) {
      throw new UserError(
        `--at-least asks for "${part.trim()}"; give a number from 0 to 100, as ${name}=95.`,
      );
    }
    return { of, percent };
  });
}
