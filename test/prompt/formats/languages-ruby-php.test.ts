import { describe, expect, test } from "vitest";
import { resolveIncludes } from "../../../src/prompt/includes.ts";
import { parseDocument } from "../../../src/prompt/registry.ts";
import { walkSegments } from "../../../src/prompt/segments.ts";
import type { HoleSegment, Segment, Template, TextSegment } from "../../../src/prompt/template.ts";
import { brokenPromises } from "../../support/check-template.ts";
import { parseTools } from "../../support/parse-tools.ts";

type Languages = "ruby" | "php";
const paths = { ruby: "app/agents/answer.rb", php: "app/Agents/Answer.php" } as const;

function templates(language: Languages, text: string): readonly Template[] {
  const document = { path: paths[language], text };
  const parsed = parseDocument(document, parseTools);
  expect(brokenPromises(document, parsed)).toEqual([]);
  return parsed.value;
}

const rubyTemplates = (text: string) => templates("ruby", text);
const phpTemplates = (text: string) => templates("php", `<?php\n${text}`);

/** On one line: `<role>`, `{hole}`, `[if …|…]`, `[for …]`; what a name stands for as if it were written there. */
function said(segments: readonly Segment[]): string {
  return segments
    .map((segment): string => {
      switch (segment.kind) {
        case "text":
          return segment.text;
        case "hole":
          return segment.form === "history" ? `{${segment.name}…}` : `{${segment.name}}`;
        case "marker":
          return `<${segment.role}>`;
        case "block": {
          const [body, otherwise] = [said(segment.body), said(segment.otherwise)];
          return segment.form === "loop"
            ? `[for ${segment.name}: ${body}]`
            : `[if ${segment.expression}: ${body}${otherwise === "" ? "" : `|${otherwise}`}]`;
        }
        case "include":
          return segment.resolved === null ? `{@${segment.target}}` : said(segment.resolved.segments);
        default:
          return "";
      }
    })
    .join("");
}

const lastSaid = (all: readonly Template[]) => said(all.at(-1)?.segments ?? []);

/** Every unit of a text that is no escape stands where it says. */
function strayUnits(source: string, all: readonly Template[]): readonly string[] {
  const texts = all.flatMap(({ segments }) =>
    [...walkSegments(segments)].filter((segment): segment is TextSegment => segment.kind === "text"),
  );
  return texts.flatMap(({ text, range, sourceOffsets }) =>
    [...Array(text.length).keys()].flatMap((unit) => {
      const start = sourceOffsets?.[unit] ?? range.start + unit;
      const written = source.slice(start, sourceOffsets?.[unit + 1] ?? start + 1);
      const isEscape = /^(?:\\|\r\n)/.test(source.slice(start)) || /^["'\s]*\\/.test(written);
      return source[start] === text[unit] || isEscape ? [] : [`${JSON.stringify(text[unit])} at ${start}`];
    }),
  );
}

/** Also those that stand for a file which is not there. */
function holesOf({ segments }: Template): readonly HoleSegment[] {
  return [...walkSegments(segments)].flatMap((segment) => {
    if (segment.kind === "hole") return [segment];
    return segment.kind === "include" && segment.member !== undefined ? [segment.member.otherwise] : [];
  });
}

describe("Ruby: literals", () => {
  test.each([
    ["double quotes", '"Answer in\\n one \\"short\\" sentence."', 'Answer in\n one "short" sentence.'],
    [
      "single quotes",
      "'Answer in\\n one \\'short\\' \\\\ sentence.'",
      "Answer in\\n one 'short' \\ sentence.",
    ],
    ["codes", '"Words \\x41\\u00e9\\101\\u{1F600 42}\\e\\s and more."', "Words AéA😀B\x1b  and more."],
    ["unknown escapes lose their backslash", '"Match \\d and more words."', "Match d and more words."],
    ["continued lines", '"One line \\\ngoes on here."', "One line goes on here."],
    ["side by side", "\"One part \" \\\n  'and another'", "One part and another"],
    ["%q", "%q(Answer (in) \\n one sentence.)", "Answer (in) \\n one sentence."],
    ["%Q and %", "%Q[Answer in\\tone ] + %{short sentence}", "Answer in\tone short sentence"],
    ["frozen", '"Answer in one sentence.".freeze', "Answer in one sentence."],
    ["heredoc", "<<PROMPT\n  Answer in one\nsentence.\nPROMPT", "  Answer in one\nsentence.\n"],
    ["<<-", "<<-PROMPT\n    Answer in one\n    sentence.\n    PROMPT", "    Answer in one\n    sentence.\n"],
    [
      "<<~",
      "<<~PROMPT\n    Answer:\n      in one\n\n    \\tsentence.\n  PROMPT",
      "Answer:\n  in one\n\n\tsentence.\n",
    ],
    [
      "<<~ counts no blank lines, and cuts them",
      "<<~PROMPT\n    Answer in\n \n      \n    words.\n  PROMPT",
      "Answer in\n\n  \nwords.\n",
    ],
    ["<<~ with tabs", "<<~PROMPT\n\tAnswer in\n        two words.\n  PROMPT", "Answer in\ntwo words.\n"],
    ["<<~ with continued lines", "<<~PROMPT\n    Answer \\\n    in words.\n  PROMPT", "Answer in words.\n"],
    ["quoted names", "<<~'PROMPT'\n    Answer #{in}\\n words.\n  PROMPT", "Answer #{in}\\n words.\n"],
    ["carriage returns", "<<~PROMPT\r\n    Answer in\r\n    words.\r\n  PROMPT", "Answer in\nwords.\n"],
    ["methods of heredocs", "<<~PROMPT.strip\n    Answer in words.\n  PROMPT", "Answer in words."],
    ["chomp", "<<~PROMPT.chomp\n    Answer in words.\n\n  PROMPT", "Answer in words.\n"],
    ["squish", "<<~PROMPT.squish\n    Answer  in\n    words.\n  PROMPT", "Answer in words."],
    ["gsub of blanks", '"Answer  in\n  words.".gsub(/\\s+/, " ")', "Answer in words."],
    ["two on a line", "<<~A + <<~B\n  Answer in\n  A\n  one sentence.\n  B", "Answer in\none sentence.\n"],
    ["joined", '["Answer", "in", "three words."].join(" ")', "Answer in three words."],
    ["repeated", '"Words before it " + "-" * 3', "Words before it ---"],
    ["words", '%w[Answer in words].join(" ")', "Answer in words"],
  ])("%s", (_, expression, text) => {
    const source = `PROMPT = ${expression}\n`;
    const found = rubyTemplates(source);
    expect(said(found[0]?.segments ?? [])).toBe(text);
    if (!/squish|gsub|\*/.test(expression)) expect(strayUnits(source, found)).toEqual([]);
  });

  test.each([
    ["interpolation", '"Answer the #{question} of #{user.name}"', "Answer the {question} of {user.name}"],
    ["in heredocs", "<<~P\n    For all of #{a}:\n    #{b} words\n  P", "For all of {a}:\n{b} words\n"],
    [
      "nested",
      '"Answer #{short ? "in short" : "at length"} now"',
      "Answer [if short: in short|at length] now",
    ],
    ["format", 'format("Say %s of %<a>s in %%d words", name, a: 1)', "Say {name} of 1 in %d words"],
    ["percent", '"Say %{word} to %{user}" % { word: "hello", user: user }', "Say hello to {user}"],
    [
      "map",
      'items.map { |item| "- #{item.name} is one of them" }.join("\\n")',
      "[for items: - {item.name} is one of them\n]",
    ],
    ["gsub", '"Say {word} to them".gsub("{word}", word)', "Say {word} to them"],
    ["||", 'given || "Answer in one sentence"', "[if given: {given}|Answer in one sentence]"],
    [
      "case",
      'case tone\n  when :kind then "Be kind to them"\n  else "Be brief to them"\n  end',
      "[if tone == :kind: Be kind to them|Be brief to them]",
    ],
    ["unless", '("Be kind to them" unless rude?)', "[if not rude?: Be kind to them]"],
  ])("values: %s", (_, expression, text) => {
    expect(said(rubyTemplates(`PROMPT = ${expression}\n`)[0]?.segments ?? [])).toBe(text);
  });
});

describe("Ruby: programs", () => {
  test("members, getters, constants of classes, and what methods give", () => {
    const found = rubyTemplates(`
class Agent < Base
  SYSTEM_PROMPT = "You are a helper."
  attr_reader :tone
  def initialize
    @tone = "Be kind to all."
  end
  def system_prompt(topic, style = "short")
    return if topic.nil?
    "#{SYSTEM_PROMPT} #{tone} #{@tone} #{self.class::SYSTEM_PROMPT} #{rules} Speak of #{topic} in #{style} words."
  end
  def rules = "Never lie to them."
  def user_prompt
    "#{system_prompt("tea")} Go on with it."
  end
end`);
    expect(found.map(({ name }) => name)).toEqual([
      "Agent.SYSTEM_PROMPT",
      "Agent.system_prompt",
      "Agent.user_prompt",
    ]);
    const head = "You are a helper. Be kind to all. Be kind to all. You are a helper. Never lie to them.";
    expect(said(found[1]!.segments)).toBe(`${head} Speak of {topic} in {style} words.`);
    expect(said(found[2]!.segments)).toBe(`${head} Speak of tea in short words. Go on with it.`);
  });

  test("texts and lists that grow, under conditions and in blocks", () => {
    const found = rubyTemplates(`
def ask(question, history, docs)
  prompt = +"Here are the documents:\\n"
  docs.each { |doc| prompt << "- #{doc.title}\\n" }
  prompt << "Be brief\\n" unless long?
  prompt += "Bye"
  messages = [{ role: "system", content: "You are a helper." }]
  messages.concat(history)
  if question
    messages << { "role" => "user", "content" => prompt }
  end
  client.chat(parameters: { model: "gpt-4o", messages: })
end`);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject({ name: "client.chat", usage: "request" });
    expect(lastSaid(found)).toBe(
      "<system>You are a helper.{history…}[if question: <user>Here are the documents:\n[for docs: - {doc.title}\n][if not long?: Be brief\n]Bye]",
    );
  });

  test.each([
    ["Time.now", "volatile"],
    ["Time.zone.now.strftime('%F')", "day"],
    ["Date.today", "day"],
    ["SecureRandom.hex(4)", "volatile"],
    ["names.sample", "volatile"],
    ["ENV.fetch('REGION')", "constant"],
    ["Dir.children('docs')", "request"],
    ["File.read('docs/style.md')", "constant"],
  ])("%s is %s", (expression, scope) => {
    const [template] = rubyTemplates(`PROMPT = "You are a helper for #{${expression}} of it"`);
    expect(holesOf(template!).map((hole) => hole.scope.scope)).toEqual([scope]);
  });

  test("constants of other files, by the name of their class", () => {
    const prompts = {
      path: "app/prompts/review.rb",
      text: 'module Review\n  PROMPT = "Review it in words."\nend',
    };
    const caller = {
      path: "app/agent.rb",
      text: 'class A\n  def call\n    chat.ask(messages: [{ role: "system", content: Ai::Review::PROMPT }])\n  end\nend',
    };
    const all = [prompts, caller].flatMap((document) => parseDocument(document, parseTools).value);
    const { templates: resolved } = resolveIncludes(
      all,
      (path) => [prompts, caller].find((one) => one.path === path) ?? null,
      { tools: parseTools },
    );
    expect(said(resolved.find(({ path }) => path === "app/agent.rb")!.segments)).toBe(
      "<system>Review it in words.",
    );
  });

  test.each([
    [
      "ruby-openai",
      'client.chat(parameters: { messages: [{ role: "user", content: "Say hello to me" }] })',
      "<user>Say hello to me",
    ],
    [
      "openai",
      'client.responses.create(instructions: "You are a brief helper", input: question)',
      "<system>You are a brief helper<user>{question}",
    ],
    [
      "openai, chat",
      'client.chat.completions.create(model: :gpt, messages: [{ role: :developer, content: "You are brief now" }])',
      "<developer>You are brief now",
    ],
    [
      "anthropic",
      'client.messages.create(system_: "You are a brief helper", messages: [{ role: "user", content: q }])',
      "<system>You are a brief helper<user>{q}",
    ],
    [
      "RubyLLM, instructions",
      'chat.with_instructions "You are a brief helper"',
      "<system>You are a brief helper",
    ],
    [
      "RubyLLM, chained",
      'RubyLLM.chat(model: "m").with_instructions("You are a helper").ask("Say hello to me")',
      "<system>You are a helper<user>Say hello to me",
    ],
    ["RubyLLM, question", 'RubyLLM.chat.ask "What is the answer to it?"', "What is the answer to it?"],
    [
      "instructions on the next lines",
      "chat.with_instructions(<<~TEXT)\n  You help with #{topic}\n  all day.\nTEXT",
      "<system>You help with {topic}\nall day.\n",
    ],
    [
      "langchainrb",
      'Langchain::Assistant.new(llm: llm, instructions: "You are a weather helper")',
      "<system>You are a weather helper",
    ],
    [
      "langchainrb, templates",
      'Langchain::Prompt::PromptTemplate.new(template: "Tell a {kind} joke", input_variables: ["kind"])',
      "Tell a {kind} joke",
    ],
    [
      "Raix",
      'transcript = [{ system: "You are a brief helper" }, { user: "Say hello to me" }]',
      "<system>You are a brief helper<user>Say hello to me",
    ],
    [
      "macros of agents",
      'class A < Agent\n  instructions "You are a brief helper"\nend',
      "You are a brief helper",
    ],
  ])("%s", (_, source, text) => {
    expect(lastSaid(rubyTemplates(source))).toBe(text);
  });

  test.each([
    ["system(\"git commit -m 'all of the things'\")"],
    ['puts "You should see a message in the log"'],
    ["add_column :users, :prompt, :string"],
    ['errors.add(:role, "must be one of the known ones")'],
    ['users = [{ user: "ann" }, { user: "bob" }]'],
  ])("no prompt: %s", (source) => {
    expect(rubyTemplates(`${source}\n# prompt`)).toEqual([]);
  });
});

describe("PHP: literals", () => {
  test.each([
    [
      "double quotes",
      '"Answer in\\n one \\"short\\" \\$x sentence."',
      'Answer in\n one "short" $x sentence.',
    ],
    [
      "single quotes",
      "'Answer in\\n one \\'short\\' \\\\ sentence $x.'",
      "Answer in\\n one 'short' \\ sentence $x.",
    ],
    ["codes", '"Words \\x41\\101\\u{1F600}\\e and more."', "Words AA😀\x1b and more."],
    ["unknown escapes keep their backslash", '"Match \\d and \\\' words."', "Match \\d and \\' words."],
    ["heredoc", "<<<TEXT\n  Answer in\n one sentence.\nTEXT", "  Answer in\n one sentence."],
    [
      "indented heredoc",
      '<<<"TEXT"\n      Answer in\n        one\n\n      \\"sentence\\"\\t.\n      TEXT',
      'Answer in\n  one\n\n\\"sentence\\"\t.',
    ],
    ["nowdoc", "<<<'TEXT'\n    Answer $in\\n words.\n    TEXT", "Answer $in\\n words."],
    ["carriage returns", "<<<TEXT\r\n  Answer in\r\n  words.\r\n  TEXT", "Answer in\r\nwords."],
    ["sums", "'Answer in ' . 'one' . \" sentence.\"", "Answer in one sentence."],
    ["line ends", "'Answer in' . PHP_EOL . 'one sentence.'", "Answer in\none sentence."],
    ["trim", "trim('  Answer in words.  ')", "Answer in words."],
    ["implode", "implode(' ', ['Answer', 'in', 'three words.'])", "Answer in three words."],
  ])("%s", (_, expression, text) => {
    const source = `const PROMPT = ${expression};\n`;
    const found = phpTemplates(source);
    expect(said(found[0]?.segments ?? [])).toBe(text);
    if (!expression.includes("PHP_EOL")) expect(strayUnits(`<?php\n${source}`, found)).toEqual([]);
  });

  test.each([
    [
      "variables",
      `"Answer $question of {$user->name} and \${b} $a[0] $c->d"`,
      "Answer {question} of {user.name} and {b} {a[0]} {c.d}",
    ],
    ["heredoc", "<<<T\n    For all of {$a['b']}:\n    $c words\n    T", "For all of {a['b']}:\n{c} words"],
    ["sprintf", "sprintf('Say %s to %2$s in %%d words', $word, 'them')", "Say {word} to them in %d words"],
    ["vsprintf", "vsprintf('Say %s to %s now', [$word, 'them'])", "Say {word} to them now"],
    ["str_replace", "str_replace(['{a}', '{b}'], [$a, 'them'], 'Say {a} to {b} now')", "Say {a} to them now"],
    ["strtr", "strtr('Say {a} to them now', ['{a}' => $word])", "Say {a} to them now"],
    ["??", "$given ?? 'Answer in one sentence'", "[if $given: {given}|Answer in one sentence]"],
    [
      "?:",
      "$short ? 'Be brief to them' : 'Be kind to them'",
      "[if $short: Be brief to them|Be kind to them]",
    ],
    [
      "match",
      "match ($tone) { 'kind' => 'Be kind to them', default => 'Be brief to them' }",
      "[if $tone === 'kind': Be kind to them|Be brief to them]",
    ],
    [
      "array_map",
      'implode("\\n", array_map(fn ($item) => "- {$item->name} is one of them", $items))',
      "[for items: - {item.name} is one of them\n]",
    ],
  ])("values: %s", (_, expression, text) => {
    expect(said(phpTemplates(`$prompt = ${expression};\n`)[0]?.segments ?? [])).toBe(text);
  });
});

describe("PHP: programs", () => {
  test("members, constants, and what methods give", () => {
    const found = phpTemplates(`
class Agent extends Base {
    public const SYSTEM_PROMPT = 'You are a helper.';
    protected string $prompt = 'Be kind to all.';
    public function systemPrompt(string $topic, string $style = 'short'): ?string {
        if ($topic === '') { return null; }
        return self::SYSTEM_PROMPT . " {$this->prompt} {$this->rules()} Speak of $topic in $style words.";
    }
    private function rules(): string { return 'Never lie to them.'; }
    public function userPrompt() { return $this->systemPrompt('tea') . ' Go on with it.'; }
}`);
    expect(found.map(({ name }) => name)).toEqual([
      "Agent.SYSTEM_PROMPT",
      "Agent.prompt",
      "Agent.systemPrompt",
      "Agent.userPrompt",
    ]);
    const head = "You are a helper. Be kind to all. Never lie to them.";
    expect(said(found[2]!.segments)).toBe(`${head} Speak of {topic} in {style} words.`);
    expect(said(found[3]!.segments)).toBe(`${head} Speak of tea in short words. Go on with it.`);
  });

  test("texts and lists that grow, under conditions and in loops", () => {
    const found = phpTemplates(`
function ask($question, array $history, $docs) {
    $prompt = "Here are the documents:\\n";
    foreach ($docs as $doc) { $prompt .= "- {$doc->title}\\n"; }
    if ($short) { $prompt .= "Be brief\\n"; }
    $messages = [['role' => 'system', 'content' => 'You are a helper.'], ...$history];
    if ($question) { $messages[] = ['role' => 'user', 'content' => $prompt]; }
    return $client->chat()->create(['model' => 'gpt-4o', 'messages' => $messages]);
}`);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject({ usage: "request" });
    expect(lastSaid(found)).toBe(
      "<system>You are a helper.{history…}[if $question: <user>Here are the documents:\n[for docs: - {doc.title}\n][if $short: Be brief\n]]",
    );
  });

  test.each([
    ["time()", "volatile"],
    ["date('c')", "volatile"],
    ["date('Y-m-d')", "day"],
    ["Carbon::now()", "volatile"],
    ["now()->toDateString()", "day"],
    ["Str::uuid()", "volatile"],
    ["config('app.name')", "constant"],
    ["file_get_contents(__DIR__ . '/style.md')", "constant"],
  ])("%s is %s", (expression, scope) => {
    const [template] = phpTemplates(
      `use Carbon\\Carbon;\n$prompt = 'You are a helper for ' . ${expression} . ' of it';`,
    );
    expect(holesOf(template!).map((hole) => hole.scope.scope)).toEqual([scope]);
  });

  test("constants of other files, by the name of their class", () => {
    const prompts = {
      path: "src/ReviewPrompts.php",
      text: "<?php\nclass ReviewPrompts { const REVIEW = 'Review it in words.'; }",
    };
    const caller = {
      path: "src/Agent.php",
      text: "<?php\nuse App\\ReviewPrompts;\n$client->chat()->create(['messages' => [['role' => 'system', 'content' => ReviewPrompts::REVIEW]]]);",
    };
    const all = [prompts, caller].flatMap((document) => parseDocument(document, parseTools).value);
    const { templates: resolved } = resolveIncludes(
      all,
      (path) => [prompts, caller].find((one) => one.path === path) ?? null,
      { tools: parseTools },
    );
    expect(said(resolved.find(({ path }) => path === "src/Agent.php")!.segments)).toBe(
      "<system>Review it in words.",
    );
  });

  test.each([
    [
      "openai-php",
      "$client->chat()->create(['messages' => [['role' => 'user', 'content' => 'Say hello to me']]]);",
      "<user>Say hello to me",
    ],
    [
      "openai-php, responses",
      "$client->responses()->create(['instructions' => 'You are a brief helper', 'input' => $q]);",
      "<system>You are a brief helper<user>{q}",
    ],
    [
      "Laravel",
      "use OpenAI\\Laravel\\Facades\\OpenAI;\nOpenAI::chat()->create(['messages' => [['role' => 'system', 'content' => 'You are a helper']]]);",
      "<system>You are a helper",
    ],
    [
      "over HTTP",
      "Http::post($url, ['model' => 'm', 'messages' => [['role' => 'user', 'content' => \"Say hello to $name\"]]]);",
      "<user>Say hello to {name}",
    ],
    [
      "anthropic",
      "$client->messages->create(maxTokens: 9, system: 'You are a brief helper', messages: [['role' => 'user', 'content' => $q]]);",
      "<system>You are a brief helper<user>{q}",
    ],
    [
      "Prism",
      "Prism::text()->using('a', 'b')->withSystemPrompt('You are a helper')->withPrompt(\"Speak of $topic\")->asText();",
      "<system>You are a helper<user>Speak of {topic}",
    ],
    ["LLPhant", "$chat->setSystemMessage('You are a brief helper');", "<system>You are a brief helper"],
    ["LLPhant, a text", "$chat->generateText('Say hello to all of them');", "Say hello to all of them"],
    [
      "LLPhant, messages",
      "$chat->generateChat([Message::system('You are a helper'), Message::user('Say hello to me')]);",
      "<system>You are a helper<user>Say hello to me",
    ],
    [
      "Neuron AI",
      "class A extends Agent { public function instructions(): string { return 'You are a brief helper'; } }",
      "You are a brief helper",
    ],
    [
      "Neuron AI, sections",
      "class A extends Agent { public function instructions(): string { return (string) new SystemPrompt(background: ['You are a helper.'], output: ['Be brief.', \"Speak of $topic.\"]); } }",
      "# IDENTITY AND PURPOSE\nYou are a helper.\n\n# OUTPUT INSTRUCTIONS\n - Be brief.\n - Speak of {topic}.",
    ],
    [
      "Neuron AI, chained",
      "MyAgent::make()->setInstructions('You are a brief helper')->chat($q);",
      "<system>You are a brief helper<user>{q}",
    ],
    [
      "Symfony AI",
      "$bag = new MessageBag(Message::forSystem('You are a helper'), Message::ofUser($q));",
      "<system>You are a helper<user>{q}",
    ],
    [
      "Symfony AI, processors",
      "new SystemPromptInputProcessor('You are a brief helper');",
      "<system>You are a brief helper",
    ],
    [
      "Symfony AI, templates",
      "$messages = new MessageBag(Message::forSystem(Template::string('You are a {kind} helper')));",
      "<system>You are a {kind} helper",
    ],
  ])("%s", (_, source, text) => {
    expect(lastSaid(phpTemplates(source))).toBe(text);
  });

  test.each([
    ["system('git commit -m all of the things');"],
    ["echo 'You should see a message in the log';"],
    ["$table->string('prompt')->comment('what the user said to it');"],
    ["Log::info('the role of the user was changed', ['role' => 'admin']);"],
  ])("no prompt: %s", (source) => {
    expect(phpTemplates(`${source}\n// prompt`)).toEqual([]);
  });
});

describe("what is left out", () => {
  test.each([
    "vendor/gems/a.rb",
    "db/migrate/1_a.rb",
    "vendor/x/a.php",
    "resources/views/a.blade.php",
    "lib/a_pb.rb",
  ])("%s", (path) => {
    const text = path.endsWith("rb")
      ? 'PROMPT = "You are a helper."'
      : "<?php const PROMPT = 'You are a helper.';";
    expect(parseDocument({ path, text }, parseTools).value).toEqual([]);
  });
});

describe("half-typed code", () => {
  const whole: readonly (readonly [Languages, string])[] = [
    [
      "ruby",
      'class A\n  PROMPT = <<~P.strip\n    You #{a ? "b" : <<~Q} are\n      in\n    Q\n    here\n  P\n  def b(c, d: "e")\n    return "x #{c}" unless d\n    m << { role: :user, content: %q(a b c) }\n    client.chat(parameters: { messages: m, **o }) do |k|\n      p k\n    end\n    case c when 1 then "one" else %w[a b].join("\\u{41}") end\n  end\nend\n',
    ],
    [
      "php",
      "<?php\nuse A\\B as C;\nclass A extends C {\n  const PROMPT = <<<T\n    You {$a['b']} are \\u{41}\n    here\n    T;\n  function b($c, $d = 'e') {\n    if (!$c) { return null; } elseif ($d) return \"x $c[0]\";\n    $m[] = ['role' => 'user', 'content' => match ($c) { 1 => 'one', default => <<<'N'\n      two\n      N }];\n    foreach ($m as $k => $v) { $t .= \"- {$v->n}\\n\"; }\n    return $this->client->chat()->create(['messages' => [...$m]]);\n  }\n}\n",
    ],
  ];

  test.each(whole)("%s: every cut keeps its promises", (language, text) => {
    for (let end = 0; end <= text.length; end++) templates(language, text.slice(0, end));
    for (let start = 0; start < text.length; start += 3)
      templates(language, `${language === "php" ? "<?php " : ""}PROMPT${text.slice(start)}`);
  });
});

describe("texts that grow without an end", () => {
  test.each([
    ["ruby", "p += 'a'\n", "p = 'a'\n", "prompt = p"],
    ["ruby", " + 'a'", "PROMPT = 'a'", "\n"],
    ["ruby", '#{"', 'PROMPT = "', "\n"],
    ["ruby", "<<~A + ", "PROMPT = ", "'a'\n"],
    ["ruby", "x ? 'a' : ", "PROMPT = ", "'b'\n"],
    ["ruby", "messages << { role: 'user', content: a }\n", "messages = []\n", "chat(messages: messages)"],
    ["ruby", 'PROMPT = "#{PROMPT} #{PROMPT}"\n', "", ""],
    ["php", "$p .= 'a';\n", "<?php $p = 'a';\n", "$prompt = $p;"],
    ["php", " . 'a'", "<?php $prompt = 'a'", ";"],
    ["php", '{$a["', '<?php $prompt = "', ";"],
    ["php", "$x ? 'a' : (", "<?php $prompt = ", "'b';"],
    ["php", "$m[] = ['role' => 'user', 'content' => $a];\n", "<?php $m = [];\n", "chat(messages: $m);"],
    ["php", '$prompt = "$prompt $prompt";\n', "<?php\n", ""],
  ] as const)("%s: %s", (language, unit, before, behind) => {
    const text = (units: number) => before + unit.repeat(units) + behind;
    const timeOf = (units: number) => {
      const start = process.cpuUsage();
      parseDocument({ path: `prompts/${paths[language]}`, text: text(units) }, parseTools);
      const { user, system } = process.cpuUsage(start);
      return (user + system) / 1000;
    };
    const small = timeOf(300);
    const large = timeOf(1200);
    expect(large).toBeLessThan(Math.max(1500, small * 12));
  });
});
