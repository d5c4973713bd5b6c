/** What promptcache.json says of which files are read. */
import { namedPaths } from "../../config/applications.ts";
import { parseConfig } from "../../config/parse-config.ts";
import { createFormatAssignment } from "../../config/template-config.ts";
import type { SourceDocument } from "../../prompt/format.ts";

export interface ToldFiles {
  /** Paths that it makes part of a request, whatever they hold. */
  readonly named: ReadonlySet<string>;
  /** The formats that it gives to files. */
  readonly assigned: ReturnType<typeof createFormatAssignment>;
  /** Equal where it gives the same formats. */
  readonly formatsKey: string;
}

export function toldFiles(config: SourceDocument | null): ToldFiles {
  const { value } = parseConfig(config);
  const named = namedPaths(value);
  const formats = (value.formats ?? []).map((entry) => [entry.key, entry.value]);
  return {
    named: new Set(named),
    assigned: createFormatAssignment(value),
    formatsKey: JSON.stringify(formats),
  };
}
