/** The chat template that the settings ask for, and what it assumes. */

import { UserError } from "../config/settings.ts";
import { invariant } from "../core/invariant.ts";
import { hasArguments } from "../prompt/chat/arguments.ts";
import type { BuiltInChatTemplate } from "../prompt/chat/built-in.ts";
import { ChatTemplate } from "../prompt/chat/chat-template.ts";
import { toolsFirst } from "../prompt/chat/hosted.ts";
import { chatTemplateOfModel } from "../prompt/chat/of-model.ts";
import { parseChatTemplate } from "../prompt/chat/user-template.ts";
import { t } from "../words/l10n.ts";
import type { Documents } from "./documents.ts";
import type { Assumption, DocumentProblem } from "./report.ts";
import type { ResolvedScenario } from "./scenario.ts";

export interface ChatTemplateInForce {
  /** With the arguments that the server gives it; `null` for raw completions. */
  readonly template: ChatTemplate | null;
  /** Of the file of the workspace that it stands in; `null` for one that ships, and for none. */
  readonly path: string | null;
  readonly assumption: Assumption;
  readonly problems: readonly DocumentProblem[];
}

/** Throws `UserError` when the settings, and not promptcache.json, name a file that is not there. */
export function chatTemplateInForce(scenario: ResolvedScenario, documents: Documents): ChatTemplateInForce {
  const chosen = chosenTemplate(scenario, documents);
  const { template, path, assumption, problems } = chosen;
  if (template !== null && scenario.policy.putsToolsFirst === true) {
    return { ...inForce(compiled(toolsFirst), toolsFirstText()), problems };
  }
  const { chatTemplateArguments: given } = scenario.settings;
  if (template === null || !hasArguments(given)) return chosen;
  const names = Object.keys(given);
  const said = names.map((name) => `${name} = ${JSON.stringify(given[name])}`).join(", ");
  return {
    template: template.withArguments(given),
    path,
    assumption: { ...assumption, text: t("{text} It is given {said}.", { text: assumption.text, said }) },
    problems: [...problems, ...unread(template, names, documents)],
  };
}

/** A misspelt argument changes nothing, and nobody says so. */
function unread(
  { source }: ChatTemplate,
  names: readonly string[],
  { config, configPath }: Documents,
): readonly DocumentProblem[] {
  const { range } = config.chatTemplateArguments ?? {};
  if (configPath === null || range === undefined) return [];
  const words = new Set(source.match(/[A-Za-z_]\w*/g));
  return names
    .filter((name) => !words.has(name))
    .map((name) => ({
      path: configPath,
      range,
      severity: "warning",
      message: t('The chat template has no variable "{0}"; correct or remove the argument.', name),
    }));
}

function withLonePrompts(text: string): string {
  return t(
    "{0} A prompt without roles is sent as one message of the user, instruction files as the system message.",
    text,
  );
}

function toolsFirstText(): string {
  return withLonePrompts(
    t(
      "The provider puts tools in front of the system message, and that in front of the messages, whatever a chat template does. What it writes around them is not published: three tokens before each message and two behind it are assumed.",
    ),
  );
}

function chosenTemplate(scenario: ResolvedScenario, documents: Documents): ChatTemplateInForce {
  const chosen = scenario.settings.chatTemplate;
  if (chosen === "none") {
    return inForce(
      null,
      t(
        "Prompts are sent as raw completions: no chat template is applied, so that no markers of roles and no beginning-of-sequence token are counted.",
      ),
    );
  }
  if (chosen === "auto") return besideModel(scenario) ?? ofModel(scenario);
  const document = documents.documentAt(chosen);
  if (document === null) {
    return { ...ofModel(scenario), problems: [missing(chosen, documents)] };
  }
  const { value, problems } = parseChatTemplate(document, chatTemplateOfModel(scenario.model.id).template);
  const found = problems.map((problem): DocumentProblem => ({ path: chosen, ...problem }));
  if (value === null) return { ...ofModel(scenario), problems: found };
  return {
    ...inForce(value, withLonePrompts(t("Messages are wrapped in the chat template of {0}.", chosen))),
    path: chosen,
    problems: found,
  };
}

/** What lies with the file that the model was read from; `null` for none, and for a provider, whose form is its own. */
function besideModel(scenario: ResolvedScenario): ChatTemplateInForce | null {
  const { modelFile } = scenario.settings;
  if (modelFile?.chatTemplate === undefined || scenario.policy.memory === "provider") return null;
  const { path, text } = modelFile.chatTemplate;
  const { value, problems } = parseChatTemplate(
    { path, text },
    chatTemplateOfModel(scenario.model.id).template,
  );
  const where = t("{path} of the model {model}", { path, model: modelFile.path });
  if (value !== null)
    return inForce(value, withLonePrompts(t("Messages are wrapped in the chat template of {0}.", where)));
  const other = ofModel(scenario);
  const why = problems.map(({ message }) => message).join(" ");
  return { ...other, assumption: { ...other.assumption, text: `${where}: ${why} ${other.assumption.text}` } };
}

function ofModel({ model, policy }: ResolvedScenario): ChatTemplateInForce {
  const { template, isOwn } = chatTemplateOfModel(model.id);
  if (policy.memory === "provider") {
    return inForce(
      compiled(template),
      withLonePrompts(
        t(
          "The provider wraps messages in a format that it does not publish; the chat template of {0} stands in for it, so that a few tokens of each message are approximate.",
          template.name,
        ),
      ),
    );
  }
  if (isOwn) {
    return inForce(
      compiled(template),
      withLonePrompts(
        t(
          "Messages are wrapped in the chat template of {0}, up to the words that ask for an answer.",
          template.name,
        ),
      ),
    );
  }
  return inForce(
    compiled(template),
    withLonePrompts(
      t(
        'No chat template of {id} ships; that of {name} is assumed, so that a few tokens of each message are approximate. Name the model\'s tokenizer_config.json or chat_template.jinja as "chatTemplate" in promptcache.json.',
        { id: model.id, name: template.name },
      ),
    ),
  );
}

function inForce(template: ChatTemplate | null, text: string): ChatTemplateInForce {
  return { template, path: null, assumption: { id: "chat-template", text }, problems: [] };
}

/** One object for each, so that what is remembered by it stays when another model of its family is chosen. */
const known = new WeakMap<BuiltInChatTemplate, ChatTemplate>();

function compiled(source: BuiltInChatTemplate): ChatTemplate {
  const template = known.get(source) ?? compile(source);
  known.set(source, template);
  return template;
}

function compile(source: BuiltInChatTemplate): ChatTemplate {
  const result = ChatTemplate.compile(source);
  invariant("template" in result, `the chat template ${source.id} does not compile`);
  return result.template;
}

function missing(path: string, { config, configPath }: Documents): DocumentProblem {
  const message = t(
    'There is no chat template {0} in the workspace; give its path from the workspace\'s folder, "auto" or "none".',
    path,
  );
  if (configPath === null || config.chatTemplate?.value !== path) throw new UserError(message);
  return { path: configPath, range: config.chatTemplate.range, severity: "error", message };
}
