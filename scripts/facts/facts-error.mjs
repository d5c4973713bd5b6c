/** What is wrong with an entry of the facts, where, and what to do about it. */
export class FactsError extends Error {
  /** @param {string} file @param {string} where @param {string} what @param {string} advice */
  constructor(file, where, what, advice) {
    super(`${file}, ${where}: ${what}; ${advice}.`);
  }
}
