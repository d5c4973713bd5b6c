/** The chat templates that the workspace holds: the one in force, and those that wrap nothing here. */
import type { ChatTemplateFile } from "../findings/finding.ts";
import type { ChatTemplate } from "../prompt/chat/chat-template.ts";
import { chatTemplateOfModel } from "../prompt/chat/of-model.ts";
import { parseChatTemplate, placeInDocument } from "../prompt/chat/user-template.ts";
import type { SourceDocument } from "../prompt/format.ts";
import { findFormat } from "../prompt/registry.ts";
import type { Template } from "../prompt/template.ts";
import type { ChatTemplateInForce } from "./chat-template-in-force.ts";
import type { Documents } from "./documents.ts";

/** More than any workspace has on purpose: each is rendered some dozens of times. */
const maximumOthers = 50;

export class ChatTemplateFiles {
  /** What was read from a document; the same object as long as its text is the same. */
  readonly #read = new WeakMap<SourceDocument, ChatTemplate | null>();

  /** In the order of their paths. A step reads one. */
  *steps(
    templates: readonly Template[],
    inForce: Pick<ChatTemplateInForce, "template" | "path">,
    { documents, modelId }: { readonly documents: Documents; readonly modelId: string },
  ): Generator<void, readonly ChatTemplateFile[], void> {
    const wrapping = templates.filter(({ format }) => findFormat(format)?.wrapsPrompts === true);
    const paths = new Set(wrapping.map(({ path }) => path));
    const others = [...paths].filter((path) => path !== inForce.path).slice(0, maximumOthers);
    const files: ChatTemplateFile[] = [];
    for (const path of [...others, inForce.path].filter((each) => each !== null).sort()) {
      const document = documents.documentAt(path);
      const isInForce = path === inForce.path;
      const template = isInForce ? inForce.template : document && this.#templateOf(document, modelId);
      if (document === null || template === null) continue;
      files.push({ path, isInForce, template, rangeOf: (place) => placeInDocument(document, place) });
      yield;
    }
    return files;
  }

  #templateOf(document: SourceDocument, modelId: string): ChatTemplate | null {
    const known = this.#read.get(document);
    if (known !== undefined) return known;
    // What is wrong with it is said where it is in force.
    const { value } = parseChatTemplate(document, chatTemplateOfModel(modelId).template);
    this.#read.set(document, value);
    return value;
  }
}
