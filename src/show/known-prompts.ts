/** How prompts are told from other files, for those whose files were not taken for prompts. */
export const knownPrompts =
  "Known are files that end in .j2, .jinja, .jinja2, .prompty, .prompt, .baml, .poml or .mustache, skprompt.txt, instruction files such as AGENTS.md, " +
  ".hbs, .liquid, .md and .txt files in a folder called prompts, YAML and JSON files with keys such as system_prompt or messages, JSON lines with requests as they were sent, " +
  "and Python, TypeScript and JavaScript with prompts in constants, lists of messages or calls.";
