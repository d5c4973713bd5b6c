/** Data files that never hold prompts, by their names and places. */
import { baseName, folders } from "../names.ts";

/** Manifests, locks, settings of tools, and what servers and services are described with. */
const otherNames =
  /^(?:package|package-lock|npm-shrinkwrap|composer|bower|lerna|nx|turbo|tsconfig|jsconfig|biome|deno|tslint|angular|project|launch|tasks|settings|extensions|devcontainer|renovate|vercel|firebase|manifest|tokenizer|tokenizer_config|special_tokens_map|vocab|generation_config|promptcache)(?:[.-][\w.-]+)?\.jsonc?$|^(?:docker-compose|compose|mkdocs|pnpm-lock|pnpm-workspace|pubspec|chart|kustomization|codecov|dependabot|action|cloudbuild|appveyor|netlify|serverless|skaffold|environment|conda|openapi|swagger)(?:[.-][\w.-]+)?\.ya?ml$|^(?:pyproject|cargo|rust-toolchain|rustfmt|clippy|deny|cross|pipfile|poetry|uv|ruff|mypy|pixi|netlify|wrangler|fly|railway|gopkg|bunfig|taplo|typos|book|foundry|hugo|mise|dprint|stylua|selene)(?:[.-][\w.-]+)?\.toml$|(?:[.-]|^)(?:lock|schema|openapi|swagger|min|map)\.(?:json|ya?ml)$|^\./i;

const otherFolders = new Set([
  "node_modules",
  "ISSUE_TEMPLATE",
  "locales",
  "locale",
  "i18n",
  ".vscode",
  ".idea",
  ".circleci",
  ".devcontainer",
  "helm",
  "charts",
  "k8s",
  "kubernetes",
  "migrations",
  "__snapshots__",
]);

/** Of the services that run programs on code; those of other folders may call models. */
const runnersWorkflows = /(?:^|\/)\.(?:github|gitea|forgejo|gitlab)\//;

export function mayBePromptData(path: string): boolean {
  if (runnersWorkflows.test(path) && folders(path).includes("workflows")) return false;
  return !otherNames.test(baseName(path)) && !folders(path).some((folder) => otherFolders.has(folder));
}

/** Keys without which no prompt is found, with a value behind them, as YAML or JSON. */
const tellingKeys =
  /(?:(?:prompt|instruction)[\w.-]{0,40}|preamble|persona|(?:system|user|instance)[_-]template|(?:system|user|human|developer)[_-]?(?:message|msg|text|content|role|context)|sys(?:tem)?|doc_to_t\w{1,20}|fewshot_config|dataset_(?:name|path)|jinja|backstory|expected_output|template_format|input_variables|execution_settings|lc)["']?\s*:|template["']?[ \t]*:[ \t]*["'|>\w]|n8n-nodes-langchain|jsonBody|bodyParameters|type["']?\s*:\s*["']?(?:prompt|mustache)\b|role["']?\s*:\s*["']?(?:system|user|assistant|developer|human|model)\b/i;

export function mayHoldPrompts(text: string): boolean {
  return tellingKeys.test(text);
}
