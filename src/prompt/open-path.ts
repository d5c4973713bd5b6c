/** Paths of files with a part that a function of the program is given: known where the function is called. */

/** Stands around the name of a parameter in the path of a file, until a call gives it. */
const parameterSign = "\uE000";
const parametersInPath = new RegExp(`${parameterSign}([^${parameterSign}]*)${parameterSign}`, "g");

/** A parameter as a part of the path of a file. */
export function parameterInPath(name: string): string {
  return `${parameterSign}${name}${parameterSign}`;
}

/** Whether the path has a part that nobody gave. */
export function isOpenPath(path: string): boolean {
  return path.includes(parameterSign);
}

/** The path with another text in the place of its parameters. */
export function withParameters(path: string, change: (name: string) => string | null): string {
  return path.replace(parametersInPath, (written, name: string) => change(name) ?? written);
}
