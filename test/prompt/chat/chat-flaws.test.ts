import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { drain } from "../../../src/core/steps.ts";
import { type ChatFlaw, chatFlawSteps, type ProbeTexts } from "../../../src/prompt/chat/chat-flaws.ts";
import type { ChatTemplate } from "../../../src/prompt/chat/chat-template.ts";
import { builtIn, chatTemplate } from "./support.ts";

const words = (count: number, of: string) =>
  Array.from({ length: count }, (_, index) => `${of}${index}`).join(" ");

const texts: ProbeTexts = {
  system: words(8, "house"),
  questions: [words(5, "first"), words(5, "second"), words(5, "third")],
  reasoning: Array.from("abcdefgh", (letter) => words(4, `thought-${letter}-`)),
  argument: words(20, "argument"),
  result: words(30, "result"),
  answers: [words(10, "reply"), words(10, "response")],
  calls: 3,
};

function flawsOf(template: ChatTemplate): readonly ChatFlaw[] {
  return drain(chatFlawSteps(template, texts));
}

function described(template: ChatTemplate): readonly string[] {
  return flawsOf(template).map(({ kind, pace }) => `${kind} per ${pace}`);
}

const head = "{{ '<' + message.role + '>' }}";
const calls =
  "{% for call in message.tool_calls or [] %}{{ '<call>' + call.function.name + ' ' + (call.function.arguments | tojson) }}{% endfor %}";
const message = `${head}{{ message.content }}${calls}{{ '<end>\n' }}`;
const toolList = "{% for tool in tools or [] %}{{ tool | tojson }}\n{% endfor %}";
const asks = "{% if add_generation_prompt %}{{ '<assistant>' }}{% endif %}";
const plain = `${toolList}{% for message in messages %}\n${message}\n{% endfor %}\n${asks}`;

const thinking = (condition: string) =>
  `${toolList}{% set ns = namespace(last=0) %}{% for message in messages %}{% if message.role == 'user' %}{% set ns.last = loop.index0 %}{% endif %}{% endfor %}
{% for message in messages %}
${head}{% if message.role == 'assistant' and message.reasoning_content is defined and ${condition} %}
{{ '<think>' + message.reasoning_content + '</think>' }}
{% endif %}{{ message.content }}${calls}{{ '<end>\n' }}
{% endfor %}
${asks}`;

/** Each with a template that does it, one that does nearly the same and does not, and where it is written. */
describe.each<readonly [string, { readonly fires: string; readonly silent: string; readonly place: string }]>(
  [
    [
      "reasoning per turn",
      {
        fires: thinking("loop.index0 > ns.last"),
        silent: thinking("true"),
        place: "{{ '<think>' + message.reasoning_content + '</think>' }}",
      },
    ],
    [
      "reasoning per call",
      { fires: thinking("loop.last"), silent: thinking("loop.index0 >= 0"), place: head },
    ],
    [
      "generation per call",
      {
        fires: plain.replace("'<assistant>' }}", "'<assistant>' }}{{ '<think></think>' }}"),
        silent: plain
          .replace("'<assistant>' }}", "'<assistant>' }}{{ '<think></think>' }}")
          .replace(head, `${head}{% if message.role == 'assistant' %}{{ '<think></think>' }}{% endif %}`),
        place: "{{ '<think></think>' }}",
      },
    ],
    [
      "turn per call",
      {
        fires: plain.replace(
          "{{ message.content }}",
          "{{ 'Now: ' + message.content if loop.last else message.content }}",
        ),
        silent: plain.replace("{{ message.content }}", "{{ 'Said: ' + message.content }}"),
        place: "{{ 'Now: ' + message.content if loop.last else message.content }}",
      },
    ],
    [
      "tools per turn",
      {
        fires: `{% set users = messages | selectattr('role', 'equalto', 'user') | list %}{% for message in messages %}
{% if tools and message.role == 'user' and message == users[-1] %}
{{ '<tools>' }}${toolList}
{% endif %}
${message}
{% endfor %}
${asks}`,
        silent: `{% set users = messages | selectattr('role', 'equalto', 'user') | list %}{% for message in messages %}
{% if tools and message.role == 'user' and message == users[0] %}
{{ '<tools>' }}${toolList}
{% endif %}
${message}
{% endfor %}
${asks}`,
        place: "{{ '<tools>' }}",
      },
    ],
    [
      "clock per value",
      {
        fires: `{{ 'It is ' + strftime_now('%H:%M') + '.' }}\n${plain}`,
        silent: `{{ 'It is ' + strftime_now('%B %Y') + '.' }}\n${plain}`,
        place: "{{ 'It is ' + strftime_now('%H:%M') + '.' }}",
      },
    ],
    [
      "day per value",
      {
        fires: `Today is {{ date or strftime_now('%d %b %Y') }}.\n${plain}`,
        silent: `Today is {{ date or '26 Jul 2024' }}.\n${plain}`,
        place: "{{ date or strftime_now('%d %b %Y') }}",
      },
    ],
    [
      "order per value",
      {
        fires: plain.replace("tools or []", "(tools or []) | sort(attribute='function.name')"),
        silent: plain.replace("tool | tojson", "tool | tojson(indent=2)"),
        place: "{{ tool | tojson }}",
      },
    ],
    [
      "order per call",
      {
        fires: plain.replace(
          "(call.function.arguments | tojson)",
          "(call.function.arguments | tojson(sort_keys=true))",
        ),
        silent: plain.replace(
          "(call.function.arguments | tojson)",
          "(call.function.arguments | tojson(indent=1))",
        ),
        place:
          "{{ '<call>' + call.function.name + ' ' + (call.function.arguments | tojson(sort_keys=true)) }}",
      },
    ],
  ],
)("%s", (what, { fires, silent, place }) => {
  it("is found, and where it is written", () => {
    const template = chatTemplate(fires);
    expect(described(template)).toEqual([what]);
    const [flaw] = flawsOf(template);
    expect(template.source.slice(flaw?.place?.start, flaw?.place?.end)).toBe(place);
  });

  it("is not said of a template that only looks like it", () => {
    expect(described(chatTemplate(silent))).toEqual([]);
  });
});

describe("what is prefilled again", () => {
  it("is the whole loop of tools, where the reasoning of a turn is dropped behind it", () => {
    const [flaw] = flawsOf(chatTemplate(thinking("loop.index0 > ns.last")));
    expect(flaw?.calls).toBe(3);
    expect((flaw?.resent ?? "").split(texts.result).length - 1).toBe(3);
    expect(flaw?.resent).toContain(texts.answers[0]);
    expect(flaw?.resent).not.toContain(texts.questions[1]);
    expect(flaw?.kept).toContain(texts.questions[0]);
  });

  it("is the last answer alone, where the template knows no tools", () => {
    const simple = thinking("loop.index0 > ns.last").replace(calls, "");
    const [flaw] = flawsOf(chatTemplate(simple));
    expect(flaw?.calls).toBe(0);
    expect(flaw?.resent).toBe(`${texts.answers[0]}<end>\n\n<user>`);
  });
});

describe("arguments that change it", () => {
  it("are found by rendering with them", () => {
    const kept = thinking("(preserve_thinking is defined and preserve_thinking or loop.index0 > ns.last)");
    expect(flawsOf(chatTemplate(kept)).map(({ remedy }) => remedy)).toEqual([
      { name: "preserve_thinking", value: true },
    ]);
    const cleared = thinking("(clear_thinking is defined and not clear_thinking or loop.index0 > ns.last)");
    expect(flawsOf(chatTemplate(cleared)).map(({ remedy }) => remedy)).toEqual([
      { name: "clear_thinking", value: false },
    ]);
  });

  it("are not, where they change something else", () => {
    const unused = `{% if thinking_budget is defined %}{{ '' }}{% endif %}${thinking("loop.index0 > ns.last")}`;
    expect(flawsOf(chatTemplate(unused)).map(({ remedy }) => remedy)).toEqual([null]);
  });

  it("make the flaw go when they are given", () => {
    const kept = chatTemplate(
      thinking("(preserve_thinking is defined and preserve_thinking or loop.index0 > ns.last)"),
    );
    expect(described(kept.withArguments({ preserve_thinking: true }))).toEqual([]);
  });
});

describe("templates that ship", () => {
  it.each([
    ["qwen3", ["reasoning per turn"]],
    ["granite4", []],
    ["phi4-mini", []],
    ["llama3", ["day per value"]],
    ["deepseek-v3", []],
    ["chatml", []],
  ])("%s", (id, wanted) => {
    expect(described(builtIn(id))).toEqual(wanted);
  });

  it("does not speak of reasoning where the prompt itself closes it", () => {
    expect(described(builtIn("qwen3").withArguments({ enable_thinking: false }))).toEqual([
      "generation per turn",
    ]);
  });
});

const folder = join(import.meta.dirname, "../../../../shared/corpora/chat-templates");
const hasPublished = existsSync(folder);
if (!hasPublished) console.warn("Skipped: the published chat templates are not beside the repository.");

describe.runIf(hasPublished)("templates as they are published", () => {
  it.each([
    // Reasoning behind the last question only.
    ["qwen3.jinja", ["reasoning per turn"]],
    // A call behind the first one of a conversation comes without the words in front of it, and results are closed only at the end.
    ["deepseek-v3.jinja", ["generation per call", "turn per call"]],
  ])("%s", (name, wanted) => {
    expect(described(chatTemplate(readFileSync(join(folder, name), "utf8")))).toEqual(wanted);
  });
});

it("says nothing of a template that refuses conversations", () => {
  expect(flawsOf(chatTemplate("{{ raise_exception('No.') }}"))).toEqual([]);
});
