/**
 * Prompt functions of Semantic Kernel in folders: `skprompt.txt`, with `config.json` beside it, which names the template
 * language and gives defaults. https://learn.microsoft.com/semantic-kernel/concepts/prompts/
 */
import { readJsonData } from "../data/json.ts";
import { type DataNode, mapAt, stringAt, valueAt } from "../data/nodes.ts";
import { formatOfEngine } from "../data/prompt-builder.ts";
import { defaultsOf, engineNames } from "../data/semantic-kernel.ts";
import { inComment, readHtmlDirectives } from "../directives.ts";
import { type EngineName, engineNameFor, engines } from "../engines.ts";
import type { SourceDocument, TemplateFormat } from "../format.ts";
import { afterByteOrderMark } from "../frontmatter.ts";
import { baseName, folderOf } from "../names.ts";
import { splitMessages } from "../semantic-kernel-messages.ts";
import type { Template } from "../template.ts";
import type { Parsed } from "../text.ts";

const fileName = "skprompt.txt";

interface Settings {
  readonly engine: EngineName;
  readonly samples: ReadonlyMap<string, string>;
}

/** Without settings the template language is Semantic Kernel's own, unless the text has tags of another one. */
function usualSettings(text: string): Settings {
  const told = engineNameFor(text);
  const isOther = told === "handlebars" || told === "liquid" || (told === "jinja" && text.includes("{%"));
  return { engine: isOther ? told : "semantic-kernel", samples: new Map() };
}

function settingsOf(config: DataNode, text: string): Settings {
  const usual = usualSettings(text);
  const format = stringAt(config, "template_format");
  // Version 1 of the schema has them one level deeper.
  const variables = valueAt(config, "input_variables") ?? valueAt(mapAt(config, "input"), "parameters");
  const engine = format === null ? undefined : engineNames[format];
  return { engine: engine ?? usual.engine, samples: defaultsOf(variables) };
}

function read(document: SourceDocument, { engine, samples }: Settings): Parsed<readonly Template[]> {
  const { path, text } = document;
  const range = { start: afterByteOrderMark(text), end: text.length };
  const directives = readHtmlDirectives(text);
  const { value, problems } = engines[engine](path, text, range, directives.value);
  const includedBy = formatOfEngine(engine);
  const template: Template = {
    id: path,
    path,
    format: semanticKernel.id,
    ...(includedBy === null ? {} : { engine: includedBy }),
    // The folder is the function.
    name: baseName(folderOf(path)) || path,
    range,
    usage: "request",
    segments: splitMessages(value.segments, engine),
    samples: new Map([...samples, ...(value.samples ?? [])]),
    declarations: value.declarations,
  };
  return { value: [template], problems: [...directives.problems, ...problems] };
}

export const semanticKernel: TemplateFormat = {
  id: "semantic-kernel",
  name: "Semantic Kernel",
  takesMarks: true,
  declaring: inComment("<!--", "-->"),
  matches: (path) => baseName(path).toLowerCase() === fileName,
  parse: (document) => read(document, usualSettings(document.text)),
  companion: {
    pathFor: (path) => `${path.slice(0, -fileName.length)}config.json`,
    read: (document, companion) => {
      const config = readJsonData(companion.text).value;
      if (config === null) return null;
      return read(document, settingsOf(config, document.text)).value[0] ?? null;
    },
  },
};
