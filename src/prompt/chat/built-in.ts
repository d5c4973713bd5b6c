/**
 * Chat templates of the model families in the catalogue: what their makers publish, written anew without what a prompt of
 * text never reaches (calls of tools, documents, images). Tests compare them with the published ones.
 * Line breaks around `{%- … %}` are not part of a prompt; everything that is stands in quotes.
 */

export interface BuiltInChatTemplate {
  readonly id: string;
  /** As shown to people. */
  readonly name: string;
  readonly source: string;
  readonly bos: string;
  readonly eos: string;
  /** Texts that are one token each, besides the special tokens of the vocabulary. */
  readonly specials: readonly string[];
}

const roleTurns = String.raw`
{%- for message in messages %}
  {{- '<|im_start|>' + message.role + '\n' + message.content + '<|im_end|>\n' }}
{%- endfor %}
{%- if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}`;

/** The plain form that most open models grew from; stands in where a model's own template does not ship. */
export const chatml: BuiltInChatTemplate = {
  id: "chatml",
  name: "ChatML",
  bos: "",
  eos: "<|im_end|>",
  specials: ["<|im_start|>", "<|im_end|>"],
  source: String.raw`
{%- if tools %}
  {{- '<|im_start|>system\n# Tools' }}
  {%- for tool in tools %}{{ '\n' + (tool | tojson) }}{% endfor %}
  {{- '<|im_end|>\n' }}
{%- endif %}${roleTurns}`,
};

/** Reasoning is kept behind the last question only: earlier turns lose what stands between the think tags. */
const qwen3: BuiltInChatTemplate = {
  id: "qwen3",
  name: "Qwen3",
  bos: "",
  eos: "<|im_end|>",
  specials: [
    "<|im_start|>",
    "<|im_end|>",
    "<tool_call>",
    "</tool_call>",
    "<tool_response>",
    "</tool_response>",
    "<think>",
    "</think>",
  ],
  source: String.raw`
{%- set preamble = "# Tools\n\nYou may call one or more functions to assist with the user query.\n\nYou are provided with function signatures within <tools></tools> XML tags:\n<tools>" %}
{%- set postamble = "\n</tools>\n\nFor each function call, return a json object with function name and arguments within <tool_call></tool_call> XML tags:\n<tool_call>\n{\"name\": <function-name>, \"arguments\": <args-json-object>}\n</tool_call>" %}
{%- if tools %}
  {{- '<|im_start|>system\n' }}
  {%- if messages[0].role == 'system' %}{{ messages[0].content + '\n\n' }}{% endif %}
  {{- preamble }}
  {%- for tool in tools %}{{ '\n' + (tool | tojson) }}{% endfor %}
  {{- postamble + '<|im_end|>\n' }}
{%- endif %}
{%- set last = namespace(question=messages | length - 1) %}
{%- for message in messages %}
  {%- if message.role == 'user' and not (message.content.startswith('<tool_response>') and message.content.endswith('</tool_response>')) %}
    {%- set last.question = loop.index0 %}
  {%- endif %}
{%- endfor %}
{%- for message in messages %}
  {%- set role = message.role %}
  {%- if role == 'user' or (role == 'system' and not (loop.first and tools)) %}
    {{- '<|im_start|>' + role + '\n' + message.content + '<|im_end|>\n' }}
  {%- elif role == 'assistant' %}
    {%- set answer = message.content %}
    {%- set thought = '' %}
    {%- if '</think>' in answer %}
      {%- set thought = answer.split('</think>')[0].rstrip('\n').split('<think>')[-1].strip('\n') %}
      {%- set answer = answer.split('</think>')[-1].lstrip('\n') %}
    {%- endif %}
    {%- if loop.index0 > last.question and (loop.last or thought) %}
      {{- '<|im_start|>assistant\n<think>\n' + thought + '\n</think>\n\n' + answer.lstrip('\n') + '<|im_end|>\n' }}
    {%- else %}
      {{- '<|im_start|>assistant\n' + answer + '<|im_end|>\n' }}
    {%- endif %}
  {%- elif role == 'tool' %}
    {%- if loop.first or loop.previtem.role != 'tool' %}{{ '<|im_start|>user' }}{% endif %}
    {{- '\n<tool_response>\n' + message.content + '\n</tool_response>' }}
    {%- if loop.last or loop.nextitem.role != 'tool' %}{{ '<|im_end|>\n' }}{% endif %}
  {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
  {{- '<|im_start|>assistant\n' }}
  {%- if enable_thinking is defined and enable_thinking is false %}{{ '<think>\n\n</think>\n\n' }}{% endif %}
{%- endif %}`,
};

/** There is always a system turn: without tools and without one of the caller's it has a sentence of IBM's. */
const granite4: BuiltInChatTemplate = {
  id: "granite4",
  name: "Granite 4.0",
  bos: "",
  eos: "<|end_of_text|>",
  specials: [
    "<|start_of_role|>",
    "<|end_of_role|>",
    "<|end_of_text|>",
    "<tool_call>",
    "</tool_call>",
    "<tool_response>",
    "</tool_response>",
    "<think>",
    "</think>",
    "<think_on>",
    "<think_off>",
    "<schema>",
    "</schema>",
    "<tools>",
    "</tools>",
    "<documents>",
    "</documents>",
  ],
  source: String.raw`
{%- set preamble = "You are a helpful assistant with access to the following tools. You may call one or more tools to assist with the user query.\n\nYou are provided with function signatures within <tools></tools> XML tags:\n<tools>" %}
{%- set postamble = "\n</tools>\n\nFor each tool call, return a json object with function name and arguments within <tool_call></tool_call> XML tags:\n<tool_call>\n{\"name\": <function-name>, \"arguments\": <args-json-object>}\n</tool_call>. If a tool does not exist in the provided list of tools, notify the user that you do not have the ability to fulfill the request." %}
{%- set has_system = messages[0].role == 'system' and messages[0].content %}
{{- '<|start_of_role|>system<|end_of_role|>' }}
{%- if has_system %}{{ messages[0].content }}{% endif %}
{%- if tools %}
  {%- if messages[0].role == 'system' %}{{ '\n\n' }}{% endif %}
  {{- preamble }}
  {%- for tool in tools %}{{ '\n' + (tool | tojson) }}{% endfor %}
  {{- postamble }}
{%- elif not has_system %}
  {{- 'You are a helpful assistant. Please ensure responses are professional, accurate, and safe.' }}
{%- endif %}
{{- '<|end_of_text|>\n' }}
{%- for message in messages %}
  {%- set role = message.role %}
  {%- if role == 'user' or role == 'assistant' or (role == 'system' and not loop.first) %}
    {{- '<|start_of_role|>' + role + '<|end_of_role|>' + message.content + '<|end_of_text|>\n' }}
  {%- elif role == 'tool' %}
    {%- if loop.first or loop.previtem.role != 'tool' %}{{ '<|start_of_role|>user<|end_of_role|>' }}{% endif %}
    {{- '\n<tool_response>\n' + message.content + '\n</tool_response>' }}
    {%- if loop.last or loop.nextitem.role != 'tool' %}{{ '<|end_of_text|>\n' }}{% endif %}
  {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}{{ '<|start_of_role|>assistant<|end_of_role|>' }}{% endif %}`,
};

const phi4Mini: BuiltInChatTemplate = {
  id: "phi4-mini",
  name: "Phi-4-mini",
  bos: "",
  eos: "<|endoftext|>",
  specials: [
    "<|system|>",
    "<|user|>",
    "<|assistant|>",
    "<|tool|>",
    "<|/tool|>",
    "<|tool_response|>",
    "<|end|>",
  ],
  source: `
{%- if tools and messages[0].role != 'system' %}{{ '<|system|><|tool|>' + (tools | tojson) + '<|/tool|><|end|>' }}{% endif %}
{%- for message in messages %}
  {%- set role = 'tool_response' if message.role == 'tool' else message.role %}
  {{- '<|' + role + '|>' + message.content }}
  {%- if tools and loop.first and role == 'system' %}{{ '<|tool|>' + (tools | tojson) + '<|/tool|>' }}{% endif %}
  {{- '<|end|>' }}
{%- endfor %}
{%- if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}`,
};

/** Llama 3.1 and 3.3: a system turn with two dates always comes first, and tools stand in the first question. */
const llama3: BuiltInChatTemplate = {
  id: "llama3",
  name: "Llama 3.1",
  bos: "<|begin_of_text|>",
  eos: "<|eot_id|>",
  specials: [
    "<|begin_of_text|>",
    "<|start_header_id|>",
    "<|end_header_id|>",
    "<|eot_id|>",
    "<|eom_id|>",
    "<|python_tag|>",
  ],
  source: String.raw`
{%- set preamble = "Given the following functions, please respond with a JSON for a function call with its proper arguments that best answers the given prompt.\n\nRespond in the format {\"name\": function name, \"parameters\": dictionary of argument name and its value}.Do not use variables.\n\n" %}
{%- set has_system = messages[0].role == 'system' %}
{{- bos_token + '<|start_header_id|>system<|end_header_id|>\n\n' }}
{%- if tools %}{{ 'Environment: ipython\n' }}{% endif %}
{{- 'Cutting Knowledge Date: December 2023\nToday Date: ' + (date_string if date_string is defined else strftime_now('%d %b %Y')) + '\n\n' }}
{%- if has_system %}{{ messages[0].content | trim }}{% endif %}
{{- '<|eot_id|>' }}
{%- set first = namespace(question=true) %}
{%- for message in messages %}
  {%- if not (loop.first and has_system) %}
    {{- '<|start_header_id|>' + ('ipython' if message.role == 'tool' else message.role) + '<|end_header_id|>\n\n' }}
    {%- if tools and first.question and message.role == 'user' %}
      {%- set first.question = false %}
      {{- preamble }}
      {%- for tool in tools %}{{ (tool | tojson(indent=4)) + '\n\n' }}{% endfor %}
    {%- endif %}
    {{- ((message.content | tojson) if message.role == 'tool' else (message.content | trim)) + '<|eot_id|>' }}
  {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}{{ '<|start_header_id|>assistant<|end_header_id|>\n\n' }}{% endif %}`,
};

/** All system messages come first, without a marker; definitions of tools are not written at all. */
const deepseekV3: BuiltInChatTemplate = {
  id: "deepseek-v3",
  name: "DeepSeek-V3",
  bos: "<｜begin▁of▁sentence｜>",
  eos: "<｜end▁of▁sentence｜>",
  specials: [
    "<｜begin▁of▁sentence｜>",
    "<｜end▁of▁sentence｜>",
    "<｜User｜>",
    "<｜Assistant｜>",
    "<｜tool▁outputs▁begin｜>",
    "<｜tool▁outputs▁end｜>",
    "<｜tool▁output▁begin｜>",
    "<｜tool▁output▁end｜>",
  ],
  source: String.raw`
{{- bos_token }}
{%- for message in messages if message.role == 'system' %}
  {{- ('' if loop.first else '\n\n') + message.content }}
{%- endfor %}
{%- set tool = namespace(is_open=false, was_any=false) %}
{%- for message in messages %}
  {%- if message.role == 'user' %}
    {%- set tool.is_open = false %}
    {{- '<｜User｜>' + message.content }}
  {%- elif message.role == 'assistant' %}
    {{- ('<｜tool▁outputs▁end｜>' if tool.is_open else '<｜Assistant｜>') + message.content + eos_token }}
    {%- set tool.is_open = false %}
  {%- elif message.role == 'tool' %}
    {{- '\n' if tool.was_any else '<｜tool▁outputs▁begin｜>' }}
    {{- '<｜tool▁output▁begin｜>' + message.content + '<｜tool▁output▁end｜>' }}
    {%- set tool.is_open = true %}
    {%- set tool.was_any = true %}
  {%- endif %}
{%- endfor %}
{%- if tool.is_open %}{{ '<｜tool▁outputs▁end｜>' }}{% elif add_generation_prompt %}{{ '<｜Assistant｜>' }}{% endif %}`,
};

export const builtInChatTemplates: readonly BuiltInChatTemplate[] = [
  qwen3,
  granite4,
  phi4Mini,
  llama3,
  deepseekV3,
  chatml,
];
