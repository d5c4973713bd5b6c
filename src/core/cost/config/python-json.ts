/** JSON as Python writes it: with `Infinity` and `NaN`, which the standard does not have. */

/** These become `null`. Throws `SyntaxError` for what is no JSON otherwise. */
export function parsePythonJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!/Infinity|NaN/.test(text)) throw error;
    return JSON.parse(withoutNonNumbers(text));
  }
}

/** Strings are passed over whole, so that their words stay. */
function withoutNonNumbers(text: string): string {
  return text.replaceAll(/"(?:[^"\\]|\\.)*"|-?Infinity|NaN/gs, (found) =>
    found.startsWith('"') ? found : "null",
  );
}
