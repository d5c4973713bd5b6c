// What a field of the facts may hold, and the check of one object against a list of fields.
import { FactsError } from "./facts-error.mjs";

/** @typedef {{ readonly means: string, readonly holds: (value: unknown) => boolean }} Field */
/** @typedef {Readonly<Record<string, Field>>} Fields */

/** @type {Field} */
export const text = { means: "a text", holds: (value) => typeof value === "string" && value !== "" };
/** @type {Field} */
export const number = { means: "a number", holds: (value) => typeof value === "number" && value >= 0 };
/** @type {Field} */
export const yesNo = { means: "true or false", holds: (value) => typeof value === "boolean" };
/** @type {Field} */
export const list = { means: "a list", holds: (value) => Array.isArray(value) };
/** @type {Field} */
export const object = {
  means: "an object",
  holds: (value) => typeof value === "object" && value !== null && !Array.isArray(value),
};

/** @param {Field} field @returns {Field} */
export const nullable = ({ means, holds }) => ({
  means: `${means}, or null where it does not apply or was not found`,
  holds: (value) => value === null || holds(value),
});

/** @param {...string} words @returns {Field} */
export const oneOf = (...words) => ({
  means: `one of ${words.join(", ")}`,
  holds: (value) => words.some((word) => word === value),
});

/**
 * All of `fields` must be there and hold what they should; of others those of `optional` alone may be.
 * @param {any} entry
 * @param {Fields} fields
 * @param {{ readonly file: string, readonly where: string }} place
 * @param {Fields | "any"} optional
 */
export function checkFields(entry, fields, { file, where }, optional = {}) {
  for (const [name, { means, holds }] of Object.entries(fields)) {
    if (!(name in entry)) throw new FactsError(file, where, `${name} is missing`, `give ${means}`);
    if (!holds(entry[name]))
      throw new FactsError(file, where, `${name} is ${JSON.stringify(entry[name])}`, `give ${means}`);
  }
  if (optional === "any") return;
  for (const [name, value] of Object.entries(entry)) {
    if (name in fields) continue;
    const field = optional[name];
    if (field === undefined) {
      const known = [...Object.keys(fields), ...Object.keys(optional)].join(", ");
      throw new FactsError(
        file,
        where,
        `${name} is not a field that is read`,
        `correct its name (known: ${known}), move what it says to "notes", or teach scripts/facts what it means`,
      );
    }
    if (!field.holds(value))
      throw new FactsError(file, where, `${name} is ${JSON.stringify(value)}`, `give ${field.means}`);
  }
}
