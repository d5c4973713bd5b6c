/** What stands in for the form in which hosted APIs write requests: their order is published, their markup is not. */
import type { BuiltInChatTemplate } from "./built-in.ts";

/** Tools, each on a line of its own, then the messages in their order, the system message first. */
export const toolsFirst: BuiltInChatTemplate = {
  id: "tools-first",
  name: "hosted APIs",
  bos: "",
  eos: "<|end_of_message|>",
  specials: ["<|start_of_message|>", "<|start_of_content|>", "<|end_of_message|>"],
  source: String.raw`
{%- for tool in tools or [] %}{{ (tool | tojson) + '\n' }}{% endfor %}
{%- for message in messages %}
  {{- '<|start_of_message|>' + message.role + '<|start_of_content|>' + message.content + '<|end_of_message|>\n' }}
{%- endfor %}
{%- if add_generation_prompt %}{{ '<|start_of_message|>assistant<|start_of_content|>' }}{% endif %}`,
};
