/**
 * Chat templates of models: they are put around prompts and are none themselves, so they count as parts of others.
 * As Hugging Face's libraries save them: `chat_template.jinja`, or a text in `tokenizer_config.json`.
 * Which one is applied, promptcache.json says; see `../chat`.
 */
import { readJsonData } from "../data/json.ts";
import { type DataNode, itemsOf, type TextNode, textAt, valueAt } from "../data/nodes.ts";
import { type EmbeddedText, embeddedSlice, readEmbedded } from "../embedded.ts";
import type { SourceDocument, TemplateFormat } from "../format.ts";
import { afterByteOrderMark } from "../frontmatter.ts";
import { readJinja } from "../jinja/segments.ts";
import { baseName, folderOf, stemOf } from "../names.ts";
import type { Template } from "../template.ts";
import type { Parsed } from "../text.ts";
import { isChatTemplate, jinja } from "./jinja.ts";

const jsonFile = /^(?:tokenizer_config|chat_template)\.json$/;

function matches(path: string): boolean {
  return jinja.matches(path) || jsonFile.test(baseName(path).toLowerCase());
}

function mayHold(text: string, path: string): boolean {
  return path.toLowerCase().endsWith(".json") ? text.includes('"chat_template"') : isChatTemplate(text, path);
}

/** As `apply_chat_template` sets Jinja2 up. */
const lexOptions = { trimBlocks: true, lstripBlocks: true } as const;

interface Found {
  /** What it is called where a model has several. */
  readonly name: string | null;
  readonly text: EmbeddedText;
}

/** One text, or several with names. */
function templatesIn(root: DataNode): readonly Found[] {
  const whole = textAt(root, "chat_template");
  if (whole !== null) return [{ name: null, text: whole.embedded() }];
  return itemsOf(valueAt(root, "chat_template")).flatMap((entry): readonly Found[] => {
    const text: TextNode | null = textAt(entry, "template");
    const name = textAt(entry, "name")?.value ?? null;
    return text === null ? [] : [{ name, text: text.embedded() }];
  });
}

function parse(document: SourceDocument): Parsed<readonly Template[]> {
  const { path, text } = document;
  if (!path.toLowerCase().endsWith(".json")) {
    const range = { start: afterByteOrderMark(text), end: text.length };
    return read(path, [{ name: null, text: embeddedSlice(text, range) }]);
  }
  const { value, problems } = readJsonData(text);
  const { value: templates, problems: inside } = read(path, value === null ? [] : templatesIn(value));
  return { value: templates, problems: [...problems, ...inside] };
}

function read(path: string, found: readonly Found[]): Parsed<readonly Template[]> {
  const parsed = found.map(({ name, text }, index) => {
    const { value, problems } = readEmbedded(path, text, (...template) => {
      const [at, source, range, declared] = template;
      return readJinja(at, source, range, declared, lexOptions);
    });
    const template: Template = {
      id: index === 0 ? path : `${path}#${index + 1}`,
      path,
      format: chatTemplate.id,
      name: [modelOf(path), name].filter((part) => part !== null).join(" "),
      range: text.range,
      usage: "partial",
      segments: value.segments,
      samples: new Map(),
      declarations: value.declarations,
    };
    return { template, problems };
  });
  return {
    value: parsed.map(({ template }) => template),
    problems: parsed.flatMap(({ problems }) => problems),
  };
}

/** Files of a model lie in its folder, under names that all models have. */
function modelOf(path: string): string {
  const isCommon = /^(?:chat_template|tokenizer_config)$/.test(stemOf(path));
  return (isCommon && baseName(folderOf(path))) || stemOf(path);
}

export const chatTemplate: TemplateFormat = {
  id: "chat-template",
  name: "Chat template",
  wrapsPrompts: true,
  matches,
  mayHold,
  parse,
};
