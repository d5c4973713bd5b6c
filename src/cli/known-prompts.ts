/** How prompts are told from other files, for those whose files were not taken for prompts. */
export const knownPrompts =
  "Known are files that end in .j2, .jinja, .jinja2, .prompty, .prompt or .mustache, instruction files such as AGENTS.md, " +
  "and .hbs, .md and .txt files in a folder called prompts.";
