/** Fills a folder with what the npm package of the command line holds, from the present sources. */
export function fillPackage(folder: string): Promise<void>;
/** Packs the folder into a .tgz in `into`; gives its path and the files in it. */
export function pack(
  folder: string,
  into: string,
): { readonly file: string; readonly files: readonly string[] };
