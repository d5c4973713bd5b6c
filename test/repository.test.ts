import { readFileSync } from "node:fs";
import { expect, it } from "vitest";

type Entry = {
  version?: string;
  resolved?: string;
  integrity?: string;
  optionalDependencies?: Record<string, string>;
};
type Lock = { packages: Record<string, Entry> };

const lock = JSON.parse(readFileSync("package-lock.json", "utf8")) as Lock;
const manifest = JSON.parse(readFileSync("package.json", "utf8"));

it("package-lock.json names no download host, so that it installs from any registry", () => {
  expect(Object.entries(lock.packages).filter(([, entry]) => entry.resolved !== undefined)).toEqual([]);
});

it("package-lock.json holds every package to its content", () => {
  const installed = Object.entries(lock.packages).filter(([path]) => path !== "");
  expect(installed.filter(([, entry]) => entry.integrity === undefined).map(([path]) => path)).toEqual([]);
});

it("dependencies are pinned to what package-lock.json has", () => {
  const pinned = Object.entries<string>(manifest.devDependencies);
  const locked = pinned.map(([name]) => [name, lock.packages[`node_modules/${name}`]?.version]);
  expect(pinned).toEqual(locked);
});

it("ships no package at run time: everything is bundled", () => {
  expect(manifest.dependencies ?? {}).toEqual({});
});

it("package-lock.json has what its packages name for other platforms, without which npm ci refuses it", () => {
  const named = Object.values(lock.packages).flatMap((entry) =>
    Object.keys(entry.optionalDependencies ?? {}),
  );
  expect(
    named.filter((name) => !Object.keys(lock.packages).some((path) => path.endsWith(`node_modules/${name}`))),
  ).toEqual([]);
});
