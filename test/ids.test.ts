/** Nobody reads an id: what differs between policies, formats, models and rules is asked of them. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { classesOf, idReaders } from "./support/id-readers.ts";

const root = join(import.meta.dirname, "..");

/** Behind the interfaces of these folders stand many classes. */
const families = ["src/core/cache/", "src/core/providers/", "src/core/restore/"];

/** Code that may stand, by what stands there, with what would end it. */
const allowed: Readonly<Record<string, string>> = {};

const sources = ["src", "webview"]
  .flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" }).map(
      (name) => `${folder}/${name.replaceAll("\\", "/")}`,
    ),
  )
  .filter((path) => path.endsWith(".ts"))
  // The artifact's variants are a closed union of its own, which nobody can pick.
  .filter((path) => !path.startsWith("src/core/cache/artifact/"))
  .map((path) => ({ path, text: readFileSync(join(root, path), "utf8") }));

const classes = new Set(
  sources
    .filter(({ path }) => families.some((family) => path.startsWith(family)))
    .flatMap(({ text }) => classesOf(text)),
);

const found = sources.flatMap(({ path, text }) =>
  idReaders(text, classes).map((reader) => ({ ...reader, path })),
);

describe("what tells policies, formats, models and rules apart", () => {
  it("is their interface, and never an id or a class", () => {
    expect(sources.length).toBeGreaterThan(400);
    expect(classes).toContain("PrefixCache");
    expect(
      found
        .filter(({ code }) => allowed[code] === undefined)
        .map(({ path, line, code, advice }) => `${path}:${line}: ${code} -- ${advice}`),
    ).toEqual([]);
  });

  it("has no exception that nothing needs any more", () => {
    const used = new Set(found.map(({ code }) => code));
    expect(
      Object.keys(allowed).filter((code) => !used.has(code)),
      "take these out of `allowed` in this file",
    ).toEqual([]);
  });
});

describe("the search itself", () => {
  it.each([
    'if (policy.kind === "hosted") return;',
    'if (scenario.policy.id !== "marconi") return;',
    'return policyId === "vllm-all" ? a : b;',
    'case "tensorrt-llm":',
    'if ("Qwen/Qwen3-8B" === name) return;',
    'if (template.format === "markdown-instructions") return;',
    'return format !== "python" && isText;',
    'findings.filter((finding) => finding.rule === "rewrite")',
    'if (policyId.startsWith("vllm")) return;',
    "const plain = policy.id.slice(0, -9);",
    "findPolicy(policy.id + ending)",
    "if (cache instanceof PrefixCache) return;",
  ])("finds %s", (code) => {
    expect(idReaders(`\n${code}`, new Set(["PrefixCache"])).map(({ line }) => line)).toEqual([2]);
  });

  it.each([
    'print(args.format === "json" ? a : b)',
    'const tflops = format === "fp8" ? a : b;',
    'if (policy.memory === "unlimited") return;',
    '...(typeof model === "string" && { model }),',
    "return policies.find((policy) => policy.id === name);",
    'if (segment.kind === "marker") return;',
    "if (error instanceof CostError) return;",
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is code to look at.
    "throw new CostError(`The policy ${policy.id} needs a model.`);",
  ])("leaves %s", (code) => {
    expect(idReaders(code, new Set(["PrefixCache"]))).toEqual([]);
  });
});
