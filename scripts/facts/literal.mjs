// TypeScript source of generated catalogues.

/** With keys unquoted where they can be, so that a diff reads well. @param {any} value @param {string} indent @returns {string} */
export function literal(value, indent = "") {
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const deeper = `${indent}  `;
  if (Array.isArray(value)) {
    if (value.length === 0) return "[]";
    if (value.every((item) => isFlat(item))) return `[${value.map((item) => literal(item)).join(", ")}]`;
    return `[\n${value.map((item) => `${deeper}${literal(item, deeper)},\n`).join("")}${indent}]`;
  }
  const entries = Object.entries(value).map(([key, item]) => [
    /^[A-Za-z_]\w*$/.test(key) ? key : JSON.stringify(key),
    item,
  ]);
  if (entries.length === 0) return "{}";
  if (
    entries.every(([, item]) => item === null || typeof item !== "object") &&
    JSON.stringify(value).length < 180
  ) {
    return `{ ${entries.map(([key, item]) => `${key}: ${literal(item)}`).join(", ")} }`;
  }
  return `{\n${entries.map(([key, item]) => `${deeper}${key}: ${literal(item, deeper)},\n`).join("")}${indent}}`;
}

/** True for numbers, short names, and lists of numbers: what fits on one line. @param {unknown} value */
function isFlat(value) {
  if (Array.isArray(value)) return value.every((item) => typeof item === "number");
  return value === null || typeof value !== "object";
}
