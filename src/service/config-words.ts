/** What can be said in promptcache.json: models, GPUs, policies, and what the workspace holds, each with its numbers. */
import type { JSONPath } from "jsonc-parser";
import { scenarioOf } from "../analysis/analyze.ts";
import type { Studied } from "../analysis/study.ts";
import type { ConfigSlot } from "../config/config-places.ts";
import { globMatcher } from "../config/glob-matcher.ts";
import { undeclaredHoles } from "../config/hole-claims.ts";
import { rules } from "../findings/rules.ts";
import type { Template } from "../prompt/template.ts";
import type { Catalogue } from "../protocol/catalogue.ts";
import { choiceItems } from "../show/choice-items.ts";
import { templateStatus } from "../show/labels.ts";
import { scopeWord } from "../show/scope-words.ts";
import { t } from "../words/l10n.ts";
import { plural } from "../words/numbers.ts";
import { buildCatalogue } from "./catalogue.ts";

export interface ConfigWord {
  readonly word: string;
  /** What helps to choose: a clause. */
  readonly detail: string;
  readonly documentation?: string;
  /** JSON of what stands behind the word where it is a key, with a part to write anew. */
  readonly value?: string;
  readonly placeholder?: string;
}

export interface ConfigSources {
  readonly studied: Pick<Studied, "templates" | "studies" | "scenario" | "workload" | "cache" | "outcomes">;
  readonly texts: ReadonlyMap<string, string>;
}

export function configWords(slot: ConfigSlot, path: JSONPath, known: ConfigSources): readonly ConfigWord[] {
  switch (slot) {
    case "model":
    case "gpu":
    case "policy":
      return choices(buildCatalogue(), slot);
    case "chatTemplate":
      return chatTemplates(known);
    case "parts":
      return templateIds(known);
    case "templates":
      return [...templateIds(known), ...globs(known, "{}")];
    case "globs":
      return globs(known, '""');
    case "holes":
      return holes(holders(path, known.studied.templates));
    case "rules":
      return rules.map(({ id, title }) => ({ word: id, detail: title }));
  }
}

function choices(catalogue: Catalogue, kind: "model" | "gpu" | "policy"): readonly ConfigWord[] {
  return choiceItems(catalogue, kind).map(({ id, label, description, detail }) => ({
    word: id,
    detail: label === id ? description : label,
    documentation: detail,
  }));
}

function chatTemplates({ texts }: ConfigSources): readonly ConfigWord[] {
  const files = [...texts.keys()].filter((path) =>
    /(^|\/)(tokenizer_config\.json|[^/]*chat_template[^/]*\.(jinja2?|j2|json))$/.test(path),
  );
  return [
    { word: "auto", detail: t("that which ships for the model") },
    { word: "none", detail: t("raw completions") },
    ...files.map((word) => ({ word, detail: t("a file of the workspace") })),
  ];
}

function templateIds({ studied }: ConfigSources): readonly ConfigWord[] {
  const scenario = scenarioOf(studied);
  return studied.studies.map(({ row }) => ({
    word: row.id,
    detail: templateStatus({ scenario }, row),
    value: "{}",
  }));
}

/** Of each folder that holds prompts. */
function globs({ studied }: ConfigSources, value: string): readonly ConfigWord[] {
  const prompts = new Map<string, number>();
  for (const { path, composition } of studied.templates) {
    if (composition !== undefined) continue;
    for (const { index } of path.matchAll(/\//g)) {
      const glob = `${path.slice(0, index)}/**`;
      prompts.set(glob, (prompts.get(glob) ?? 0) + 1);
    }
  }
  return [...prompts].map(([word, found]) => ({ word, detail: plural(found, "prompt"), value }));
}

/** The templates whose holes are spoken of. */
function holders([section, key]: JSONPath, templates: readonly Template[]): readonly Template[] {
  if (section === "holes") return templates;
  const name = String(key);
  if (section === "applications")
    return templates.filter((each) => each.composition !== undefined && each.name === name);
  const matches = globMatcher(name);
  return templates.filter(({ id, path }) => id === name || matches(path));
}

function holes(templates: readonly Template[]): readonly ConfigWord[] {
  return [...undeclaredHoles(templates)].map(([word, claim]) => ({
    word,
    detail: `${scopeWord(claim)}: ${claim.reason}`,
    value: `{ "scope": "${claim.scope}" }`,
    placeholder: claim.scope,
  }));
}
