/** The model that the requests of a workspace name, where the settings name a hosted policy and no model of it. */
import { hostedBy } from "../core/policies/hosted.ts";
import { speaksOf, termsOf } from "../core/providers/choose.ts";
import type { Template } from "../prompt/template.ts";

/** The first of those that the provider's rules tell from others; `null` where there is none, or where they do not agree. */
export function requestedModel(policyId: string, templates: readonly Template[]): string | null {
  const provider = hostedBy(policyId.trim().toLowerCase())?.provider;
  if (provider === undefined) return null;
  const named = requestedModels(templates).filter((model) => speaksOf(provider, model));
  const rules = named.map((model) => {
    const { minimumTokens, readMultiplier } = termsOf(provider, { model });
    return `${minimumTokens} ${readMultiplier}`;
  });
  return new Set(rules).size === 1 ? named[0]! : null;
}

/** All that they name, each once. */
export function requestedModels(templates: readonly Template[]): readonly string[] {
  return [...new Set(templates.flatMap(modelOf))];
}

function modelOf({ parameters = [] }: Template): readonly string[] {
  const { value = null } = parameters.find(({ name }) => name === "model") ?? {};
  const model: unknown = value === null ? null : JSON.parse(value);
  return typeof model === "string" ? [model] : [];
}
