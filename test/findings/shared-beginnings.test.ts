/** What is offered for two prompts that say almost the same, applied and analysed again. */
import { describe, expect, it } from "vitest";
import type { Fix } from "../../src/findings/finding.ts";
import { applyEdits } from "../../src/prompt/move.ts";
import { analyze, policyText } from "../support/analyze.ts";
import { parseTools } from "../support/parse-tools.ts";
import { gainedTogether, policies } from "./measured.ts";

type Files = Readonly<Record<string, string>>;

interface Case {
  readonly files: Files;
  /** What each fix puts lines into, in its order: where they are, a file, or a constant. */
  readonly offers: readonly string[];
}

const move = "Move what differs behind what both say";
const share = (name: string) => `Share the beginning as ${name}`;

const cases = (rules: string): Readonly<Record<string, Case>> => ({
  "a first line, in Jinja": {
    files: {
      "prompts/a.j2": `You answer customers of Harbor Lane.\n\n${rules}\nQuestion: {{ question }}\n`,
      "prompts/b.j2": `You sort messages for Harbor Lane.\n\n${rules}\nMessage: {{ message }}\n`,
    },
    offers: [move, share("prompts/shared-beginning.j2")],
  },
  "a section with its heading, between what is the same": {
    files: {
      "prompts/a.j2": `# You\n\nYou answer questions.\n\n# Rules\n\n${rules}\n\n{{ question }}\n`,
      "prompts/b.j2": `# You\n\nYou sort messages by their subject.\n\n# Rules\n\n${rules}\n\n{{ message }}\n`,
    },
    offers: [move, share("prompts/shared-beginning.j2")],
  },
  "tags, in Handlebars": {
    files: {
      "prompts/a.hbs": `<role>\nYou answer.\n</role>\n${rules}\n{{question}}\n`,
      "prompts/b.hbs": `<role>\nYou sort.\nBe quick.\n</role>\n${rules}\n{{message}}\n`,
    },
    offers: [move, share("prompts/shared-beginning.hbs")],
  },
  Mustache: {
    files: {
      "prompts/a.mustache": `You answer.\n${rules}\n{{question}}\n`,
      "prompts/b.mustache": `You sort.\n${rules}\n{{message}}\n`,
    },
    offers: [move, share("prompts/shared-beginning.mustache")],
  },
  Liquid: {
    files: {
      "prompts/a.liquid": `You answer.\n${rules}\n{{ question }}\n`,
      "prompts/b.liquid": `You sort.\n${rules}\n{{ message }}\n`,
    },
    offers: [move, share("prompts/shared-beginning.liquid")],
  },
  "Dotprompt, with roles": {
    files: {
      "a.prompt": `---\nmodel: x\n---\n{{role "system"}}\nYou answer.\n${rules}\n{{role "user"}}\n{{question}}\n`,
      "b.prompt": `---\nmodel: x\n---\n{{role "system"}}\nYou sort.\n${rules}\n{{role "user"}}\n{{message}}\n`,
    },
    offers: [move, share("_shared-beginning.prompt")],
  },
  "folders apart": {
    files: {
      "prompts/one/a.j2": `You answer.\n${rules}\n{{ question }}\n`,
      "prompts/two/b.j2": `You sort.\n${rules}\n{{ message }}\n`,
    },
    offers: [move],
  },
  "two formats": {
    files: {
      "prompts/a.j2": `You answer.\n${rules}\n{{ question }}\n`,
      "prompts/b.liquid": `You sort.\n${rules}\n{{ message }}\n`,
    },
    offers: [move],
  },
  "messages in YAML": {
    files: {
      "prompts/a.yaml": `messages:\n  - role: system\n    content: |\n${indented(`You answer.\n${rules}`)}  - role: user\n    content: "{{question}}"\n`,
      "prompts/b.yaml": `messages:\n  - role: system\n    content: |\n${indented(`You sort.\n${rules}`)}  - role: user\n    content: "{{message}}"\n`,
    },
    offers: [move],
  },
  "f-strings of one file": {
    files: {
      "app.py": `"""An application."""\nimport os\n\n\ndef answer_prompt(question):\n    return f"""You answer.\n${rules}\n{question}\n"""\n\n\ndef sort_prompt(message):\n    return f"""You sort.\n${rules}\n{message}\n"""\n`,
    },
    offers: [move, share("SHARED_BEGINNING")],
  },
  "strings of one file": {
    files: {
      "app.py": `ANSWER_PROMPT = """You answer.\n${rules}\n"""\nSORT_PROMPT = """You sort.\n${rules}\n"""\n`,
    },
    offers: [move, share("SHARED_BEGINNING")],
  },
  "template literals of one file": {
    files: {
      "app.ts": `import { x } from "./x";\n\nexport const answerPrompt = (question: string) => \`You answer.\n${rules}\n\${question}\n\`;\nexport const sortPrompt = (message: string) => \`You sort.\n${rules}\n\${message}\n\`;\n`,
    },
    offers: [move, share("sharedBeginning")],
  },
});

function indented(text: string): string {
  return `${text.replace(/^/gm, "      ")}\n`;
}

function made(files: Files, { edits }: Fix): Files {
  const changed: Record<string, string> = { ...files };
  for (const path of new Set(edits.map((edit) => edit.path))) {
    const own = edits.filter((edit) => edit.path === path);
    changed[path] = applyEdits(files[path] ?? "", own);
  }
  return changed;
}

const words = (files: Files) => Object.values(files).flatMap((text) => text.match(/\w+/g) ?? []);
const long = cases(policyText(300));
const short = cases(policyText(60));

describe.each(policies)("under %s", (policy) => {
  it.each(Object.keys(long))("%s", (name) => {
    const { files, offers } = (policy === "anthropic" ? long : short)[name]!;
    const before = analyze(files, { policy }, parseTools);
    const found = before.findings.filter(({ rule }) => rule === "near-duplicate");
    // Where the provider keeps nothing of it, nothing is said.
    if (policy === "marconi" || policy === "vllm") expect(found.length).toBe(1);
    for (const { fixes = [], templateId } of found) {
      // Read at marks alone, or kept far apart, a few lines that are moved within a message may give nothing.
      const isRead = policy !== "anthropic" && policy !== "llama-cpp";
      expect(fixes.map(({ title }) => title)).toEqual(isRead ? offers : expect.any(Array));
      const ids = before.templates.filter(({ requests }) => requests > 0).map(({ id }) => id);
      for (const fix of fixes) {
        const edited = made(files, fix);
        const after = analyze(edited, { policy }, parseTools);
        const { requests } = before.templates.find(({ id }) => id === templateId)!;
        const saved = gainedTogether(before, after, ids) / requests;
        expect(Math.abs(fix.effect.tokensPerRequest - saved)).toBeLessThanOrEqual(1);
        expect(after.findings.filter(({ rule }) => rule === "near-duplicate")).toEqual([]);
        // Every line is there as often as before, or once where it is shared.
        expect(new Set(words(edited))).toEqual(new Set([...words(files), ...words(edited)]));
        for (const word of new Set(words(files))) expect(words(edited)).toContain(word);
      }
    }
  });
});

it("is not offered where most of the text would have to move", () => {
  const rules = policyText(60);
  const other = policyText(61)
    .split("\n")
    .map((line) => `Also: ${line.slice(0, 40)}.`)
    .slice(0, 30)
    .join("\n");
  const { findings } = analyze({
    "prompts/a.j2": `${other}\n${rules}\n{{ question }}\n`,
    "prompts/b.j2": `You sort.\n${rules}\n{{ message }}\n`,
  });
  const [finding] = findings.filter(({ rule }) => rule === "near-duplicate");
  expect(finding?.fixes ?? []).toEqual([]);
});
