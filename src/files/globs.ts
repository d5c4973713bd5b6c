/** Glob patterns as settings and promptcache.json write them, on workspace-relative paths. */
import { globMatcher, type PathTest } from "../config/globs.ts";

export type { PathTest };

/** A pattern that names a folder covers everything below it. No patterns match nothing. */
export function globTest(patterns: readonly string[]): PathTest {
  if (patterns.length === 0) return () => false;
  const spelled = patterns.flatMap((pattern) => {
    const trimmed = pattern.replace(/^\.?\//, "").replace(/\/$/, "");
    return trimmed.endsWith("**") ? [trimmed] : [trimmed, `${trimmed}/**`];
  });
  const tests = spelled.map(globMatcher);
  return (path) => tests.some((test) => test(path));
}

/** The patterns that are switched on in a setting such as `files.exclude`; those with a condition are not. */
export function switchedOn(setting: unknown): readonly string[] {
  if (typeof setting !== "object" || setting === null) return [];
  return Object.entries(setting).flatMap(([pattern, isOn]) => (isOn === true ? [pattern] : []));
}

export interface PathFilter {
  /** When there are any, only what matches one of them counts. */
  readonly include: readonly string[];
  readonly exclude: readonly string[];
}

/** Whether a path passes all filters. */
export function passes(filters: readonly PathFilter[]): PathTest {
  const tests = filters.map(({ include, exclude }) => {
    const isIncluded = include.length === 0 ? () => true : globTest(include);
    const isExcluded = globTest(exclude);
    return (path: string) => isIncluded(path) && !isExcluded(path);
  });
  return (path) => tests.every((test) => test(path));
}
