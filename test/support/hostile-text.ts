/**
 * Text that is made to keep a parser busy: one piece over and over, inside of what each format holds prompts in.
 * What a format reads that others do not, it lists in `places`; a new format needs an entry there.
 */

/** What grows: `before`, then `piece` again and again, then `after`. */
export interface Pump {
  readonly before: string;
  readonly piece: string;
  readonly after: string;
}

/** A file that a format reads, with a gap in it. */
export interface Place {
  readonly path: string;
  readonly before: string;
  readonly after: string;
  /** How text is written at the gap. */
  readonly written?: (text: string) => string;
}

export interface Hostile {
  readonly places: readonly Place[];
  /** Pumps of the format's own; they are put into each place too. */
  readonly pumps: readonly Pump[];
}

function pump(piece: string, before = "", after = ""): Pump {
  return { before, piece, after };
}

/** About `length` characters. */
export function pumped({ before, piece, after }: Pump, length: number): string {
  return before + piece.repeat(Math.max(1, Math.ceil(length / piece.length))) + after;
}

/** Every way to open something, and not to close it; blanks; nesting. */
export const commonPumps: readonly Pump[] = [
  ..." \t\n\r({[<\"'`\\#$%@:=,.|~*_-/&!?;0aé".split("").map((char) => pump(char)),
  pump("中"),
  pump("😀"),
  pump("\r\n"),
  pump(" ", "", "x"),
  pump(" ", "x", "x"),
  pump("\n ", "", "x"),
  pump(" ", "#", "x"),
  ...["()", "[]", "{}", "<>", "{{}}", "{%%}", "a b", "a=b ", "a,", "a.", "a[0]", "a: "].map((piece) =>
    pump(piece),
  ),
  ...[
    "{{ ",
    "{% ",
    "{# ",
    "{{{",
    "{{{{",
    "{{[",
    "{{#",
    "{{~",
    "{%-",
    "${",
    "<!--",
    "<a ",
    "</a>",
    "<![CDATA[",
  ].map((piece) => pump(piece)),
  ...[
    "{{ a ",
    "{{a}}",
    "{{ a",
    "{% if a %}",
    "{% for a in b %}",
    "{{#if a}}",
    "{{a b=(",
    "<a b='",
    "{a}",
  ].map((piece) => pump(piece)),
  pump("[", "{{", "}}"),
  pump("(", "{{ f", "}}"),
  pump("f(", "{{ ", " }}"),
  pump(" ", "{{ a", "b }}"),
  pump(" ", "{{#each a", "}}{{/each}}"),
  pump(" ", "{{#each a as ", "}}{{/each}}"),
  pump(".a", "{{ a", " }}"),
  pump("|a", "{{ a", " }}"),
  pump(" ~ a", "{{ a", " }}"),
  pump("../", "{{", "a}}"),
  pump(" ", "{% for", "x %}"),
  pump("a ", "{% for ", "x %}"),
  pump("a,", "{% for ", " in b %}{% endfor %}"),
  pump(" ", "{% if", "%}"),
  pump("---\n"),
  pump("# ", "---\n"),
  pump("- a\n"),
  pump("> "),
  pump("- "),
  pump("```\n"),
  pump("`a``b"),
  pump("system:\n"),
  pump("<message role='user'>"),
  pump("<message role='user'>a</message>"),
  pump("a", "<|", ""),
  pump("<|"),
  pump('{"a":'),
  pump("[1,"),
];

const bare = (path: string): Place => ({ path, before: "", after: "" });
const within = (path: string, before: string, after: string): Place => ({ path, before, after });

const frontmatter = (path: string): Place =>
  within(path, "---\nname: x\ndescription: ", "\n---\nBody {{ a }}\n");

const curlyPumps: readonly Pump[] = [
  pump("{{{{raw}}}}"),
  pump("{{{{raw"),
  pump("{{{{a}}}}{{{{/b}}}}"),
  pump("{{!--"),
  pump("{{!-- --"),
  pump("\\{{"),
  pump("\\", "", "{{a}}"),
  pump("{{else}}"),
  pump("{{#if a}}{{else if b}}"),
  pump("{{else if b}}", "{{#if a}}", "{{/if}}"),
  pump("{{#*inline 'a'}}"),
  pump("{{/if}}"),
  pump("{{=<% %>=}}"),
  pump("{{#> a}}"),
  pump("[a]/", "{{", "}}"),
  pump("[", "{{#if ", "}}{{/if}}"),
  pump(" a=b", "{{a", "}}"),
  pump(" a", "{{#each a as |", "}}{{/each}}"),
  pump("{{#each a}}{{#each b}}"),
  pump(" \n{{#if a}} \n{{/if}}"),
  pump("s", "{{#", "}}{{/a}}"),
];

const jinjaPumps: readonly Pump[] = [
  pump("{% raw %}"),
  pump("{% raw %}{% endraw "),
  pump(" ", "{% raw %}{%", "endraw"),
  pump("{% elif a %}"),
  pump("{% elif a %}", "{% if a %}", "{% endif %}"),
  pump("{% macro a(b) %}"),
  pump("{% macro a(b) %}{{ a(b) }}{% endmacro %}"),
  pump("{% block a %}"),
  pump("{% set a = a ~ a %}"),
  pump("{% set a %}{{ a }}{% endset %}"),
  pump("{% set a.b = c %}"),
  pump("{% include 'a' %}"),
  pump("{% extends 'a' %}"),
  pump("{% filter upper %}"),
  pump("{% call a() %}"),
  pump(" if a else b", "{{ a", " }}"),
  pump("(a if ", "{{ a", " }}"),
  pump("(", "{{ ", "a }}"),
  pump("a(b, ", "{{ ", " }}"),
  pump("[a, ", "{% set x = ", " %}"),
  pump("a, ", "{% set x = [", "] %}"),
  pump("'a' 'b' ", "{{ ", " }}"),
  pump("'a' ~ ", "{{ ", "a }}"),
  pump("\\n", "{{ '", "' }}"),
  pump(" and a", "{% if a", " %}{% endif %}"),
  pump("=", "{% set a ", "%}"),
  pump(".a[0]", "{% set a", " = 1 %}"),
  pump("<|a|>{% for m in messages %}"),
  pump("{# promptcache: a=session #}"),
  pump("a=session,", "{# promptcache: ", "#}"),
];

const roleLinePumps: readonly Pump[] = [
  pump(" \n"),
  pump("# system:\n"),
  pump("system[a", "", "]:\n"),
  pump(" ", "", "system:\n"),
  pump("{% for m in messages %}{{ m.role }}:\n"),
  pump(" ", "{% for m in history %}", "{{ m.role }}:\n{% endfor %}"),
  pump("{{ a }} \n"),
];

const pythonPlaces: readonly Place[] = [
  within("prompts/a.py", "", ""),
  within("prompts/a.py", 'PROMPT = """', '"""\n'),
  within("prompts/a.py", 'PROMPT = f"""', '"""\n'),
  within("prompts/a.py", "PROMPT = ", "\n"),
  within("prompts/a.py", "def build_prompt(x, y):\n    p = 'a'\n", "\n    return p\n"),
];

const rubyPlaces: readonly Place[] = [
  within("prompts/a.rb", "", ""),
  within("prompts/a.rb", 'PROMPT = "', '"\n'),
  within("prompts/a.rb", "PROMPT = <<~TEXT\n", "\nTEXT\n"),
  within("prompts/a.rb", "def prompt(x, y)\n  p = 'a'\n", "\n  p\nend\n"),
];

const phpPlaces: readonly Place[] = [
  within("prompts/a.php", "<?php\n", ""),
  within("prompts/a.php", '<?php\n$prompt = "', '";\n'),
  within("prompts/a.php", "<?php\n$prompt = <<<TEXT\n", "\nTEXT;\n"),
  within("prompts/a.php", "<?php\nfunction prompt($x, $y) {\n  $p = 'a';\n", "\n  return $p;\n}\n"),
];

const notebookPlaces: readonly Place[] = [
  within("notes/a.ipynb", '{"cells": [', "]}"),
  within("notes/a.ipynb", '{"cells": [{"cell_type": "code", "source": [', "]}]}"),
  within("notes/a.ipynb", '{"cells": [{"cell_type": "code", "source": "PROMPT = f\\"\\"\\"', '\\"\\"\\""}]}'),
  within("notes/a.ipynb", '{"cells": [{"cell_type": "code", "source": "', '"}]}'),
];

const scriptPlaces: readonly Place[] = [
  within("prompts/a.ts", "", ""),
  within("prompts/a.ts", "export const prompt = `", "`;\n"),
  within("prompts/a.ts", "export const prompt = ", ";\n"),
  within("prompts/a.ts", "export function prompt(x, y) {\n  let p = 'a';\n", "\n  return p;\n}\n"),
];

const goPlaces: readonly Place[] = [
  within("prompts/a.go", "package a\n", ""),
  within("prompts/a.go", "package a\nvar prompt = `", "`\n"),
  within("prompts/a.go", 'package a\nvar prompt = "', '"\n'),
  within("prompts/a.go", "package a\nvar prompt = ", "\n"),
  within("prompts/a.go", "package a\nfunc prompt(x string) string {\n\tp := `a`\n", "\n\treturn p\n}\n"),
];

const cSharpPlaces: readonly Place[] = [
  within("prompts/a.cs", "", ""),
  within("prompts/a.cs", 'class A { const string Prompt = "', '"; }\n'),
  within("prompts/a.cs", 'class A { string Prompt => $"""\n', '\n"""; }\n'),
  within(
    "prompts/a.cs",
    "class A { string Prompt(int x) {\n  var p = new StringBuilder();\n",
    "\n  return p.ToString();\n} }\n",
  ),
];

const rustPlaces: readonly Place[] = [
  within("prompts/a.rs", "", ""),
  within("prompts/a.rs", 'const PROMPT: &str = "', '";\n'),
  within("prompts/a.rs", "fn prompt(x: u8) -> String {\n  let mut p = String::new();\n", "\n  p\n}\n"),
  within("prompts/a.rs", "fn prompt() { let a = json!({", "}); }\n"),
];

const yamlPlaces: readonly Place[] = [
  within("prompts/a.yaml", "prompt: ", "\n"),
  within("prompts/a.yaml", "prompt: |\n  a ", "\n"),
  within("prompts/a.yaml", 'prompt: "', '"\n'),
  within("prompts/a.yaml", "prompt: 'a' \n", "\n"),
];

const jsonPlaces: readonly Place[] = [
  within("prompts/a.json", '{"prompt": ', "}"),
  {
    path: "prompts/a.json",
    before: '{"prompt": "',
    after: '"}',
    written: (text) => JSON.stringify(text).slice(1, -1),
  },
  {
    path: "workflows/a.json",
    before: '{"nodes": [{"type": "n8n-nodes-langchain", "parameters": {"text": "=',
    after: '"}}], "connections": {}}',
    written: (text) => JSON.stringify(text).slice(1, -1),
  },
  {
    path: "flows/a.json",
    before:
      '{"edges": [], "nodes": [{"type": "agentFlow", "data": {"name": "a", "inputs": {"agentUserMessage": "<p>',
    after: '"}}}]}',
    written: (text) => JSON.stringify(text).slice(1, -1),
  },
  {
    path: "flows/b.json",
    before:
      '{"edges": [], "nodes": [{"type": "customNode", "data": {"name": "a", "inputs": {"systemMessagePrompt": "',
    after: '"}}}]}',
    written: (text) => JSON.stringify(text).slice(1, -1),
  },
  {
    path: "flows/c.json",
    before:
      '{"data": {"nodes": [{"data": {"type": "Prompt", "node": {"template": {"template": {"type": "prompt", "value": "',
    after: '"}}}}}]}}',
    written: (text) => JSON.stringify(text).slice(1, -1),
  },
];

/** By id of the format. */
export const hostileByFormat: Readonly<Record<string, Hostile>> = {
  "markdown-instructions": {
    places: [
      bare("CLAUDE.md"),
      bare("a.prompt.md"),
      bare("a.instructions.md"),
      bare(".claude/commands/a.md"),
      bare(".codex/prompts/a.md"),
      bare(".claude/skills/a/SKILL.md"),
      frontmatter("CLAUDE.md"),
    ],
    pumps: [
      pump("!`date` "),
      pump("!`"),
      pump("```!\n"),
      pump("```!\na\n```\n"),
      pump("a\n", "```!\n", ""),
      pump("| date ", "!`", "`"),
      pump("A=b ", "!`", "`"),
      pump("$A"),
      pump("@a/b.md "),
      pump("@a/"),
      pump("@"),
      pump("#file:a "),
      pump("#file:"),
      pump("${input:"),
      pump("$ARGUMENTS"),
      pump("a.a"),
      pump("<!-- promptcache:"),
      pump("<!-- promptcache: a=b -->"),
    ],
  },
  prompty: {
    places: [bare("a.prompty")],
    pumps: [...jinjaPumps, ...roleLinePumps],
  },
  dotprompt: {
    places: [bare("a.prompt")],
    pumps: [
      ...curlyPumps,
      pump('{{role "user"}}'),
      pump("{{history}}"),
      pump('{{role "user"}} '),
      pump("{{media url=a}}"),
    ],
  },
  baml: {
    places: [
      bare("a.baml"),
      within("a.baml", 'function F(a: string) -> string {\n  client X\n  prompt #"', '"#\n}\n'),
      within("a.baml", 'function F(a: string) -> string {\n  client X\n  prompt #"{{ _.role(', ') }}"#\n}\n'),
      within("a.baml", "test T {\n  functions [F]\n  args {\n    a ", "\n  }\n}\n"),
    ],
    pumps: [
      ...jinjaPumps,
      pump("function f() {"),
      pump("function f("),
      pump("function f(a) -> b "),
      pump("template_string f("),
      pump("test t {\nfunctions [F]\nargs {"),
      pump('prompt #"'),
      pump('#"'),
      pump("#"),
      pump("{//"),
      pump('{{ _.role("user") }}'),
      pump("{{ _.role("),
      pump(" ", '{{ _.role("user" if', "x) }}"),
      pump(" ", '"user" if', "x"),
      pump(" if a", '"user"', ' else "assistant"'),
      pump(' else "a"', '"user" if x', "y"),
      pump("a {"),
      pump("a ["),
      pump("a b "),
      pump("a "),
      pump("enum E {"),
    ],
  },
  poml: {
    places: [
      bare("a.poml"),
      within("a.poml", "<poml><p>", "</p></poml>"),
      within("a.poml", "<poml><task ", "/></poml>"),
    ],
    pumps: [
      pump('<p if="x">'),
      pump('<p for="a in b">'),
      pump(" ", '<p for="a', 'in b">x</p>'),
      pump("a ", '<p for="', 'b">x</p>'),
      pump("<item>{{x}}"),
      pump('<let name="a">'),
      pump("<list><item>a</item>"),
      pump("<p>"),
      pump("<p/>"),
      pump("</p>"),
      pump("<!--"),
      pump("<!-- -->"),
      pump("&amp;"),
      pump("&amp"),
      pump("&#"),
      pump(" a='b'"),
      pump(' a="{{b}}"'),
      pump("<cp caption='a'>"),
      pump(" \n a"),
      pump("<code>a\n</code>"),
      pump("<table>"),
      pump("<document src='a'/>"),
      pump("<stepwise-instructions>"),
    ],
  },
  jinja: { places: [bare("a.j2"), bare("prompts/a.j2")], pumps: [...jinjaPumps, ...roleLinePumps] },
  "jinja-markdown": {
    places: [bare("notes/a.md"), within("notes/a.md", "You are kind. {% if a %}", "{% endif %}")],
    pumps: [...jinjaPumps, pump("{% if"), pump("```\n{% if a %}\n"), pump("{{ a |"), pump("`{% if a %}` ")],
  },
  "chat-template": {
    places: [
      bare("chat_template.jinja"),
      within("tokenizer_config.json", '{"chat_template": ', "}"),
      {
        path: "tokenizer_config.json",
        before: '{"chat_template": "',
        after: '"}',
        written: (text) => JSON.stringify(text).slice(1, -1),
      },
    ],
    pumps: jinjaPumps,
  },
  handlebars: {
    places: [bare("prompts/a.hbs")],
    pumps: [...curlyPumps, pump('{{#message role="user"}}')],
  },
  liquid: {
    places: [bare("prompts/a.liquid"), bare("liquid/a.txt")],
    pumps: [
      pump("{% case a %}{% when b %}"),
      pump("{% when b %}", "{% case a %}", "{% endcase %}"),
      pump("{% comment %}"),
      pump("{% raw %}"),
      pump("{% liquid\n"),
      pump("assign a = b\n", "{% liquid\n", "%}"),
      pump("{% assign a = b | c: d %}"),
      pump("{% capture a %}"),
      pump(" | a: b, c", "{{ a", " }}"),
      pump("{% render 'a' %}"),
      pump("a..b", "{{ (", ") }}"),
      pump("{% # "),
      pump("{% unless a %}"),
      pump("{% for a in (1..b) %}"),
      pump(" ", "\nsystem", "\n"),
      ...roleLinePumps,
    ],
  },
  mustache: {
    places: [bare("a.mustache")],
    pumps: [...curlyPumps, pump(" {{#a}} \n {{/a}} \n"), pump("{{#a}} ")],
  },
  "semantic-kernel": {
    places: [bare("A/skprompt.txt")],
    pumps: [
      ...jinjaPumps,
      ...curlyPumps,
      pump("{{$a}}"),
      pump("{{$a"),
      pump("{{a.b $c}}"),
      pump("{{ 'a'"),
      pump(" a='b'", "{{a.b", "}}"),
      pump("<!-- promptcache: -->"),
    ],
  },
  "plain-text": {
    places: [bare("prompts/a.txt"), within("prompts/a.txt", "<|start|>system<|message|>", "")],
    pumps: [
      pump("<|end|><|start|>user<|message|>"),
      pump("<|end|> "),
      pump("<|start|>user"),
      pump("<|channel|>a", "<|start|>user", ""),
      pump("{a} "),
      pump("{a b"),
      pump("{a "),
      pump(" a", "{", ""),
      pump(" a", "{a", "\n"),
      pump("{{ a }} "),
      pump("a\n```\n"),
      pump(" ", "{{", "a}}"),
      pump("a.", "{", "}"),
    ],
  },
  notebook: {
    places: notebookPlaces,
    pumps: [
      pump('"prompt = 1\\n",'),
      pump('{"cell_type": "code", "source": ["prompt = 1"]},'),
      pump("\\n!prompt"),
      pump("? "),
      pump('\\"\\"\\"'),
      pump("\\u0041"),
      pump("{a} "),
    ],
  },
  go: {
    places: goPlaces,
    pumps: [
      pump("\\xe4", 'var prompt = "', '"\n'),
      pump("%[1]", "var prompt = fmt.Sprintf(`", "`, x)\n"),
      pump("%s ", "var prompt = fmt.Sprintf(`", "`, x)\n"),
      pump("{{.A}} ", "var prompt = template.Must(template.New(`a`).Parse(`", "`))\n"),
      pump("{{if .A}}", "var prompt = template.Must(template.New(`a`).Parse(`", "`))\n"),
      pump("\tp += `a`\n"),
      pump("\tp = p + `a`\n"),
      pump("\tb.WriteString(`a`)\n"),
      pump("\tp = append(p, a)\n"),
      pump("\tif x {\n\t\tp += `a`\n\t}\n"),
      pump("\tswitch x {\n\tcase 1:\n\t\tp = `a`\n\t}\n"),
      pump(" + `a`", "var prompt = `a`", "\n"),
      pump("T{A: ", "var prompt = ", "\n"),
      pump("f(", "var prompt = ", "\n"),
      pump("//go:embed a.txt\nvar prompt string\n"),
      pump("func (a *A) prompt() string { return `a` }\n"),
      pump("// Code generated "),
    ],
  },
  python: {
    places: pythonPlaces,
    pumps: [
      pump("%("),
      pump("%(", 'PROMPT = "', '" % x\n'),
      pump("%(a)s", 'PROMPT = "', '" % x\n'),
      pump("%s", 'PROMPT = "', '" % (x, y)\n'),
      pump("{", 'PROMPT = "', '".format(x)\n'),
      pump("{a} ", 'PROMPT = "', '".format(a=x)\n'),
      pump("    p += a if x else b\n"),
      pump("    p += 'a'\n"),
      pump("    p = p + 'a'\n"),
      pump("    p = a\n"),
      pump("    if x:\n        p += 'a'\n"),
      pump("    if x:\n        p = p + a\n    else:\n        p += 'b'\n"),
      pump("    for a in x:\n        p += a\n"),
      pump("p = 'a'\n"),
      pump("prompt = prompt + 'a'\n"),
      pump("prompt += 'a'\n"),
      pump("prompt = 'a'\n"),
      pump("a = a + a\n"),
      pump(" + 'a'", "PROMPT = 'a'", "\n"),
      pump("'a' ", "PROMPT = (", ")\n"),
      pump("'a' if x else ", "PROMPT = ", "'b'\n"),
      pump(".strip()", "PROMPT = 'a'", "\n"),
      pump(".replace('a', 'b')", "PROMPT = x", "\n"),
      pump("f(", "PROMPT = ", "\n"),
      pump("f(", "PROMPT = ", `${")".repeat(2000)}\n`),
      pump("{f'{", "PROMPT = f'", "\n"),
      pump("'a', ", 'PROMPT = "".join([', "])\n"),
      pump("{'role': 'user', 'content': 'a'},\n", "messages = [", "]\n"),
      pump("{'role': 'user', 'content': [", "messages = [", "]\n"),
      pump("messages.append({'role': 'user', 'content': a})\n", "messages = []\n"),
      pump("client.chat.completions.create(messages=[{'role': 'user', 'content': PROMPT}])\n"),
      pump("def prompt(x):\n    return 'a'\n"),
      pump("class Prompt:\n    prompt = 'a'\n"),
      pump("# promptcache: a=session\n"),
      pump("\\\n"),
      pump("import a\n"),
      pump("from a import PROMPT\n"),
      pump("lambda a: ", "PROMPT = ", "'a'\n"),
      pump("not ", "PROMPT = ", "a\n"),
      pump("PROMPT_A = PROMPT\n"),
      pump("prompt = f'{prompt} {prompt}'\n"),
    ],
  },
  "c-sharp": {
    places: cSharpPlaces,
    pumps: [
      pump('p.Append("a");\n'),
      pump('.Append("a")', "p", ";\n"),
      pump('if (x) p.AppendLine("a");\n'),
      pump("foreach (var a in x) { p.Append(a); }\n"),
      pump('prompt += "a";\n', 'var prompt = "";\n'),
      pump(' + "a"', 'var prompt = "a"', ";\n"),
      pump("1 => x, ", "var prompt = y switch { ", "};\n"),
      pump('x ? "a" : ', "var prompt = ", '"b";\n'),
      pump('history.AddUserMessage("Answer in a few words");\n', "var history = new ChatHistory();\n"),
      pump('new UserChatMessage("a"), ', "var messages = new List<ChatMessage> { ", "};\n"),
      pump("{x:yyyy} ", 'var prompt = $"', '";\n'),
      pump('{$"', 'var prompt = $"', '";\n'),
      pump('"'),
      pump("class Prompt { "),
      pump('string Prompt() { return "a"; }\n'),
    ],
  },
  rust: {
    places: rustPlaces,
    pumps: [
      pump('p.push_str("a");\n'),
      pump('let p = format!("{p} a");\n'),
      pump('if x { p += "a"; }\n'),
      pump("for a in x { p.push_str(a); }\n"),
      pump('writeln!(p, "a {}", x);\n'),
      pump("vec![", "let messages = ", ";\n"),
      pump('json!({"a": ', "let prompt = ", ";\n"),
      pump('"a": {"b": ', "let prompt = json!({", "});\n"),
      pump('"role": "user", "content": "Answer in words", ', "let prompt = json!({", "});\n"),
      pump("X::Y => x, ", "let prompt = match y { ", "};\n"),
      pump('if x { "a" } else ', "let prompt = ", '{ "b" };\n'),
      pump(".to_string()", 'let prompt = "a"', ";\n"),
      pump('.preamble("Answer in a few words")', "let a = client.agent(x)", ".build();\n"),
      pump('ChatMessage::user("a"), ', "let messages = vec![", "];\n"),
      pump("r#"),
      pump('r#"'),
      pump("lazy_static! { static ref P: u8 = "),
      pump("#[cfg(test)]\nmod tests {\n"),
      pump("a!("),
      pump("{}", 'let prompt = format!("', '");\n'),
    ],
  },
  ruby: {
    places: rubyPlaces,
    pumps: [
      pump("p << (x ? a : b)\n"),
      pump("p += 'a'\n"),
      pump("p = p + 'a'\n"),
      pump("p << 'a' if x\n"),
      pump("x.each { |a| p << a }\n"),
      pump(" + 'a'", "PROMPT = 'a'", "\n"),
      pump("'a' ", "PROMPT = ", "\n"),
      pump(".strip", "PROMPT = 'a'", "\n"),
      pump('#{"', 'PROMPT = "', "\n"),
      pump("<<~A, ", "PROMPT = [", "]\n"),
      pump("%{a} ", 'PROMPT = "', '" % x\n'),
      pump("%<a>", 'PROMPT = "', '" % x\n'),
      pump("\\u{41", 'PROMPT = "', '"\n'),
      pump("{ role: 'user', content: 'a' },\n", "messages = [", "]\n"),
      pump("messages << { role: 'user', content: a }\n", "messages = []\n"),
      pump("def prompt(x) = 'a'\n"),
      pump("class Prompt\n  PROMPT = 'a'\n"),
      pump('PROMPT = "#{PROMPT} #{PROMPT}"\n'),
    ],
  },
  php: {
    places: phpPlaces,
    pumps: [
      pump("$p .= $x ? $a : $b;\n"),
      pump("$p = $p . 'a';\n"),
      pump("if ($x) { $p .= 'a'; }\n"),
      pump("foreach ($x as $a) { $p .= $a; }\n"),
      pump(" . 'a'", "<?php $prompt = 'a'", ";\n"),
      pump("trim(", "<?php $prompt = ", ";\n"),
      pump('{$a["', '<?php $prompt = "', ";\n"),
      pump("%1$", '<?php $prompt = sprintf("', '", $x);\n'),
      pump("\\u{41", '<?php $prompt = "', '";\n'),
      pump("['role' => 'user', 'content' => 'a'],\n", "<?php $messages = [", "];\n"),
      pump("$messages[] = ['role' => 'user', 'content' => $a];\n", "<?php $messages = [];\n"),
      pump("function prompt($x) { return 'a'; }\n", "<?php\n"),
      pump("class Prompt { const PROMPT = 'a'; }\n", "<?php\n"),
      pump("use A\\Prompts;\n", "<?php\n"),
      pump('$prompt = "$prompt $prompt";\n', "<?php\n"),
    ],
  },
  javascript: {
    places: scriptPlaces,
    pumps: [
      pump("p += x ? a : b;\n"),
      pump("p += 'a';\n"),
      pump("p = p + 'a';\n"),
      pump("p = a;\n"),
      pump("if (x) p += 'a';\n"),
      pump("if (x) { p = p + a; } else { p += 'b'; }\n"),
      pump("for (const a of x) { p += a; }\n"),
      pump("prompt = prompt + 'a';\n", "let prompt = '';\n"),
      pump(" + 'a'", "const prompt = 'a'", ";\n"),
      pump("x ? 'a' : ", "const prompt = ", "'b';\n"),
      pump(".trim()", "const prompt = 'a'", ";\n"),
      pump(".replace('a', 'b')", "const prompt = x", ";\n"),
      pump("f(", "const prompt = ", ";\n"),
      pump("`${", "const prompt = ", ";\n"),
      pump("'a', ", "const prompt = [", "].join('');\n"),
      pump("{role: 'user', content: 'a'},\n", "const messages = [", "];\n"),
      pump("{role: 'user', content: [", "const messages = [", "];\n"),
      pump("messages.push({role: 'user', content: a});\n", "const messages = [];\n"),
      pump("client.chat.completions.create({messages: [{role: 'user', content: prompt}]});\n"),
      pump("function prompt(x) { return 'a'; }\n"),
      pump("const prompt = (x) => `a`;\n"),
      pump("class Prompt { prompt = 'a' }\n"),
      pump("export * from './a';\n"),
      pump("import a from './a';\n"),
      pump("export { prompt as a };\n", "const prompt = 'a';\n"),
      pump("// promptcache: a=session\n"),
      pump("const promptA = prompt;\n"),
      pump("x => ", "const prompt = ", "'a';\n"),
      pump("!", "const prompt = ", "a;\n"),
      pump("<a>", "const prompt = ", ";\n"),
      // biome-ignore lint/suspicious/noTemplateCurlyInString: it is code that is read.
      pump("prompt = `${prompt} ${prompt}`;\n", "let prompt = 'a';\n"),
      pump("const { a } = prompt;\n"),
      pump("get ", "class A { ", "prompt() { return 'a'; } }"),
    ],
  },
  yaml: {
    places: yamlPlaces,
    pumps: [
      pump("prompt: a\n"),
      pump("a: &a\n"),
      pump("- prompt: a\n"),
      pump("  a\n", "prompt: >\n"),
      pump("\\n", 'prompt: "', '"\n'),
      pump("''", "prompt: '", "'\n"),
      pump("? "),
      pump("? a\n: b\n"),
      pump("--- \nprompt: a\n"),
      pump("- role: user\n  content: a\n", "messages:\n"),
      pump("- <<: *a\n", "a: &a {prompt: b}\nb:\n"),
      pump("&a ", "", "a"),
      pump("!a ", "", "a"),
      pump("*a "),
      pump("{a: ", "prompt: "),
      pump("[", "prompt: "),
      pump("# promptcache: a=session\n"),
      pump("- a: {type: string, properties: {a: {type: string}}}\n"),
    ],
  },
  "go-template": {
    places: [bare("prompts/a.tmpl"), within("prompts/a.tmpl", "{{ .A ", " }}")],
    pumps: [
      pump("{{ if .A }}"),
      pump("{{ else if .A }}", "{{ if .A }}", "{{ end }}"),
      pump("{{ range $i, $e := .A }}{{ $e.B }}"),
      pump('{{ define "a" }}{{ template "a" . }}{{ end }}'),
      pump('{{ template "a" . }}', '{{ define "a" }}', '{{ end }}{{ template "a" . }}'),
      pump("{{ $x := .A }}"),
      pump("{{- .A -}} "),
      pump(" \n", "{{- .A -}}", ""),
      pump(" .A", "{{ f", " }}"),
      pump(".A", "{{ ", " }}"),
      pump("$", "{{ ", " }}"),
      pump('"', "{{ ", " }}"),
      pump("`", "{{ ", " }}"),
      pump("{{/*"),
      pump("*/", "{{/* ", ""),
      pump("{{ end }}"),
      pump("{{"),
    ],
  },
  "string-template": {
    places: [bare("prompts/a.st"), within("prompts/a.st", "{a} {", "}")],
    pumps: [
      pump("{a}"),
      pump("{a;"),
      pump("{if(a)}"),
      pump("{elseif(a)}", "{if(a)}", "{endif}"),
      pump("{if(a)}b{else}"),
      pump("{a:{b | "),
      pump("{a:{b | {b}}}"),
      pump("{! "),
      pump("\\{"),
      pump("<a>"),
      pump("<a></a>"),
      pump("{endif}"),
      pump(".a", "{a", "}"),
      pump("(a", "{a", "}"),
      pump(" "),
    ],
  },
  toml: {
    places: [
      within("a/commands/a.toml", 'prompt = """', '"""\n'),
      within("a/commands/a.toml", "prompt = '''", "'''\n"),
      within("a/commands/a.toml", 'prompt = "', '"\n'),
      within("a/commands/a.toml", "prompt = ", "\n"),
      within("a/commands/a.toml", "", '\nprompt = "a"\n'),
    ],
    pumps: [
      pump("prompt = 'a'\n"),
      pump("[a]\n"),
      pump("[[a]]\n"),
      pump("[["),
      pump("[", "prompt = ", ""),
      pump("{a = ", "prompt = ", ""),
      pump("a.", "", "b = 1\n"),
      pump("a.a.a = 1\n"),
      pump("[a.b.c]\nd = 1\n"),
      pump('""', 'prompt = """', ""),
      pump("\\\n ", 'prompt = """', '"""\n'),
      pump("\\ ", 'prompt = """', '"""\n'),
      pump("\\u0041", 'prompt = "', '"\n'),
      pump("1, ", "prompt = [", "]\n"),
      pump("# a\n", "prompt = [", "]\n"),
      pump("!{"),
      pump("!{a}"),
      pump("@{a.md} "),
      pump("{{args}}"),
      pump("{{ args"),
      pump("# promptcache: a=session\n"),
    ],
  },
  "json-lines": {
    places: [
      bare("logs/a.jsonl"),
      within("logs/b.ndjson", '{"model":"a","messages":[{"role":"user","content":"', '"}]}'),
      {
        path: "logs/c.jsonl",
        before: '{"request": "',
        after: '"}',
        written: (text) => JSON.stringify(text).slice(1, -1),
      },
    ],
    pumps: [
      pump('{"model":"a","messages":[{"role":"user","content":"a"}]}\n'),
      pump('{"role":"user","content":"a"},', '{"model":"a","messages": [', "]}"),
      pump('{"request":'),
      pump('{\\"request\\":', '{"role": "a", "request": "', '"}'),
      pump('"role":\n'),
      pump("{"),
    ],
  },
  json: {
    places: jsonPlaces,
    pumps: [
      pump('{"prompt":'),
      pump('{"prompt":"a"},', '{"a": [', "]}"),
      pump('{"role":"user","content":"a"},', '{"messages": [', "]}"),
      pump('{"role":"user","content":[', '{"messages": [', "]}"),
      pump('"prompt": "a",', "{", "}"),
      pump("//\n"),
      pump("/*"),
      pump("\\u0061", '{"prompt": "', '"}'),
      pump("// promptcache: a=session\n", "", '{"prompt": "a"}'),
      pump("{{ a }}"),
      pump("{{ ' }}"),
      pump("{{{}}"),
      pump("<p>"),
      pump("<li><p>a"),
      pump("<a "),
      pump("&amp"),
      pump(
        '{"type":"function","function":{"name":"a"}},',
        '{"messages":[{"role":"user","content":"a"}],"tools": [',
        "]}",
      ),
    ],
  },
};

/** Merge keys that each name the one before twice: what follows them all reads it twice as often each time. */
export function mergeChain(length: number): string {
  const lines = ["a0: &a0 {prompt: x}"];
  for (let index = 1; lines.length * 30 < length; index++) {
    lines.push(`a${index}: &a${index}\n  <<: [*a${index - 1}, *a${index - 1}]`);
  }
  return lines.join("\n");
}
