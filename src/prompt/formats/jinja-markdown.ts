/** Jinja2 in Markdown that is called neither a template nor a prompt: what it says tells. */
import { inComment } from "../directives.ts";
import type { TemplateFormat } from "../format.ts";
import { readFrontmatter } from "../frontmatter.ts";
import { hasJinjaStatements, standsOutsideCode } from "../jinja/in-prose.ts";
import { readJinja } from "../jinja/segments.ts";
import { baseName, folders, isDocumentation, isInManual, ofAgents, usageOfPath } from "../names.ts";
import { promptflowRoles, splitAtRoleLines } from "../role-lines.ts";
import { speaksToModel } from "../speaks-of-prompts.ts";
import type { Template } from "../template.ts";

/** A value by its name; those of pages are of a site, of a project that is made from them, or of a runner. */
const value = /(?<![${])\{\{[-+]?\s{0,20}[a-z_][\w.]{0,100}\s{0,20}(?:\|[^{}\n]{0,200}|[-+]?)\}\}/gi;
const ofPages =
  /\{\{-?\s{0,20}(?:cookiecutter|site|page|config|copier|partial|post)\.|\{%-?\s{0,20}(?:highlight|link|post_url|assign|capture|liquid|render|unless|tabs?|hint|extends\s{1,10}["'][^"'\n]{0,80}\.html)\b/;

function mayHold(text: string, path: string): boolean {
  if (ofPages.test(text)) return false;
  const inside = folders(path);
  const areTemplates = inside.some((folder) => /^templates?$/.test(folder));
  const areOfAgents = areTemplates && inside.some((folder) => ofAgents.has(folder));
  if (!areOfAgents && !speaksToModel(text)) return false;
  // A value alone may be of any language.
  return hasJinjaStatements(text) || (areTemplates && standsOutsideCode(text, value));
}

export const jinjaMarkdown: TemplateFormat = {
  id: "jinja-markdown",
  name: "Jinja2 in Markdown",
  engine: "jinja",
  takesMarks: true,
  declaring: inComment("{#", "#}"),
  matches: (path) =>
    /\.md$/i.test(path) && !isDocumentation(path) && !isInManual(path) && !path.includes(".github/"),
  mayHold,
  parse: ({ path, text }) => {
    const { value: front, problems } = readFrontmatter(text);
    const range = { start: front.bodyStart, end: text.length };
    const read = readJinja(path, text, range);
    const segments = splitAtRoleLines(read.value.segments, promptflowRoles);
    const isChat = segments.some(({ kind }) => kind === "marker");
    const template: Template = {
      id: path,
      path,
      format: jinjaMarkdown.id,
      name: baseName(path),
      range,
      usage: isChat ? "request" : usageOfPath(path),
      segments,
      samples: read.value.samples,
      declarations: read.value.declarations,
    };
    return { value: [template], problems: [...problems, ...read.problems] };
  },
};
