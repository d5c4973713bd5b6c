import { readdirSync, readFileSync, statSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Finding } from "../../src/findings/finding.ts";
import { isShown } from "../../src/findings/finding.ts";
import { rules } from "../../src/findings/rules.ts";
import { analyze, policyText } from "../support/analyze.ts";
import { parseTools } from "../support/parse-tools.ts";

function found(findings: readonly Finding[], rule: string): Finding[] {
  return findings.filter((finding) => finding.rule === rule);
}

/** The prompts that the repository shows. */
function readExamples(): { readonly documents: Readonly<Record<string, string>> } {
  const root = new URL("../../examples/", import.meta.url);
  const paths = readdirSync(root, { recursive: true, encoding: "utf8" })
    .map((path) => path.replaceAll("\\", "/"))
    .filter((path) => statSync(new URL(path, root)).isFile());
  return {
    documents: Object.fromEntries(paths.map((path) => [path, readFileSync(new URL(path, root), "utf8")])),
  };
}

function marked(finding: Finding | undefined, text: string): string {
  return finding === undefined ? "" : text.slice(finding.range.start, finding.range.end);
}

describe("volatile-early", () => {
  const tail = `\n${policyText(40)}\n`;

  it("names the clock in line one, with tokens, time and bytes at stake", () => {
    const text = `It is {{ now }}.${tail}Question: {{ question }}\n`;
    const report = analyze({ "prompts/a.j2": text });
    const [finding, ...others] = found(report.findings, "volatile-early");
    expect(others).toEqual([]);
    expect(marked(finding, text)).toBe("{{ now }}");
    expect(finding?.severity).toBe("warning");
    const tokens = finding?.stake.tokensPerRequest ?? 0;
    // Every request but the first ones prefills the rules again; moving the clock changes that for all that come later.
    expect(tokens).toBeGreaterThan(0.85 * (report.templates[0]?.staticTokens ?? 0));
    expect(tokens).toBeLessThanOrEqual(report.templates[0]?.staticTokens ?? 0);
    expect(finding?.stake.ttftSecondsPerRequest).toBeGreaterThan(0);
    expect(finding?.stake.bytes).toBeCloseTo(tokens * report.scenario.kvBytesPerToken, 3);
  });

  it("advises to write the day only of a clock, not of an id", () => {
    const detail = (hole: string) =>
      found(analyze({ "prompts/a.j2": `It is {{ ${hole} }}.${tail}` }).findings, "volatile-early")[0]?.detail;
    expect(detail("now()")).toContain("once a day");
    expect(detail("uuid4()")).toContain("never repeats");
    expect(detail("uuid4()")).not.toContain("once a day");
  });

  it("is silent when the same hole stands last", () => {
    const report = analyze({
      "prompts/a.j2": `${policyText(40)}\nQuestion: {{ question }} asked on {{ today }}`,
    });
    expect(found(report.findings, "volatile-early")).toEqual([]);
  });

  describe("of a value of which nothing is known", () => {
    const shown = (text: string) =>
      found(analyze({ "prompts/a.j2": text }).findings, "volatile-early").filter(isShown).length;

    it("asks for a declaration, or says with the question that goes first that it may go along", () => {
      expect(shown(`{{ blurb }}${tail}Choose files for this question: "{{ question }}"`)).toBe(1);
      expect(shown(`{{ blurb }}\nQuestion: {{ question }}${tail}`)).toBe(1);
      expect(shown(`{{ blurb }}${tail}Answer in one word.`)).toBe(1);
      expect(shown(`{{ query }}${tail}Choose files for this question: "{{ question }}"`)).toBe(1);
    });
  });

  it("is silent where the text writes the turns itself, as nothing can be moved past them", () => {
    const shown = (begin: string, between: string) =>
      found(
        analyze({ "prompts/a.j2": `${begin}Do this: {{ question }}${tail}${between}Sure!` }).findings,
        "volatile-early",
      ).filter(isShown).length;
    expect(shown("<|im_start|>user\n", "<|im_end|>\n<|im_start|>assistant\n")).toBe(0);
    expect(shown("### Instruction:\n", "### Response:\n")).toBe(0);
    expect(shown("# Instruction:\n", "# Response:\n")).toBe(1);
  });

  it("blames the hole although the value grows into the token before it", () => {
    const text = `Hello {{ request_id }}${tail}`;
    const report = analyze({ "prompts/a.j2": text });
    expect(marked(found(report.findings, "volatile-early")[0], text)).toBe("{{ request_id }}");
  });

  it("blames a conditional that is sometimes there", () => {
    const text = `You help.\n{% if request_flag %}Be quick and be brief today.{% endif %}${tail}{{ question }}`;
    const config = JSON.stringify({
      holes: { request_flag: { scope: "request", values: ["true", "false"] } },
    });
    const report = analyze({ "prompts/a.j2": text, "promptcache.json": config });
    const names = found(report.findings, "volatile-early").map((finding) =>
      marked(finding, text).slice(0, 8),
    );
    // Once both ways were sent there is nothing left to lose, so at most a small loss is reported, and never on plain text.
    for (const name of names) expect(name).toBe("{% if re");
  });

  it("blames the loop where an item of it changes, and does not count the loop's own text", () => {
    const loop = `{% for doc in documents %}\nSource ${policyText(4)} {{ doc.id }}: {{ doc.text }}\n{% endfor %}`;
    const last = { "prompts/a.j2": `You help.\n${loop}` };
    expect(found(analyze(last).findings, "volatile-early")).toEqual([]);
    const text = `You help.\n${loop}${tail}{{ question }}`;
    const report = analyze({ "prompts/a.j2": text });
    const [finding, ...others] = found(report.findings, "volatile-early");
    expect(others).toEqual([]);
    expect(marked(finding, text)).toBe(loop);
    const behind = analyze({ "prompts/a.j2": tail }).templates[0]?.staticTokens ?? 0;
    expect(finding?.stake.tokensPerRequest).toBeLessThanOrEqual(behind + 2);
    expect(finding?.stake.tokensPerRequest).toBeGreaterThan(0.9 * behind);
  });

  it("never blames the conversation that follows instructions", () => {
    const text = `${policyText(20)}\n{% if flag %}Be brief.{% else %}Be thorough.{% endif %}\n${policyText(20, "b")}`;
    const report = analyze({ "prompts/system.j2": text });
    expect(report.templates[0]?.usage).toBe("instructions");
    for (const finding of found(report.findings, "volatile-early"))
      expect(marked(finding, text)).not.toBe("");
  });

  it("says less about values that change slowly", () => {
    const severityOf = (sentences: number) => {
      const text = `Tenant {{ tenant_name }}.\n${policyText(sentences)}\n{{ question }}`;
      const report = analyze({ "prompts/a.j2": text }, { sessions: 8, turns: 1 });
      return found(report.findings, "volatile-early")[0]?.severity;
    };
    expect(severityOf(6)).toBe("hint");
    expect(severityOf(120)).toBe("information");
  });

  it("is silent about a day, which stands there for all of them", () => {
    for (const day of ["{{ today }}", "{{ now() | strftime('%Y-%m-%d') }}", "{{ CURRENT_DATE }}"]) {
      const report = analyze({ "prompts/a.j2": `Today is ${day}.${tail}Question: {{ question }}\n` });
      expect(found(report.findings, "volatile-early")).toEqual([]);
      expect(report.totals.tokenHitRate).toBeGreaterThan(0.5);
    }
  });

  it("does not warn of what nothing is known of, and says how to declare it", () => {
    const text = `About {{ frobnication }}.${tail}Answer in one word.`;
    const [finding] = found(analyze({ "prompts/a.j2": text }).findings, "volatile-early");
    expect(finding?.severity).toBe("information");
    expect(finding?.detail).toContain("Declare how often it changes");
  });

  it("begins with the number, in a row that can be read", () => {
    const texts = [
      `It is {{ now }}.${tail}{{ question }}`,
      `It is {{ a_request_id_with_a_name_that_is_longer_than_any_row_of_the_problems_view_has_room_for }}.${tail}`,
      `{% for example in examples | shuffle %}{{ example }}{% endfor %}${tail}{{ question }}`,
    ];
    const findings = texts.flatMap((text) => analyze({ "prompts/a.j2": text }).findings);
    expect(findings.length).toBeGreaterThan(2);
    for (const { message, detail } of findings) {
      expect(message.length, message).toBeLessThanOrEqual(90);
      expect(message.slice(0, 40)).toMatch(/^[\d.,]+ /);
      expect(message).not.toMatch(/\.$/);
      expect(detail).toMatch(/\.$/);
    }
  });
});

describe("near-duplicate", () => {
  it("finds two prompts that differ by a comma, at the comma", () => {
    const head = "You are the support assistant of Harbor Lane";
    const body = `\n${policyText(40)}\n`;
    const first = `${head} and you are kind.${body}`;
    const second = `${head}, and you are kind.${body}`;
    const report = analyze({ "prompts/system-a.txt": first, "prompts/system-b.txt": second });
    const [finding] = found(report.findings, "near-duplicate");
    expect(finding?.path).toBe("prompts/system-b.txt");
    expect(marked(finding, second)).toContain(",");
    expect(finding?.range.start).toBe(head.length);
    expect(finding?.related[0]?.path).toBe("prompts/system-a.txt");
    expect(finding?.stake.bytes).toBeGreaterThan(report.scenario.checkpointBytes);
  });

  it("marks the word that differs, without the blank before it, in files with carriage returns too", () => {
    const body = `\n${policyText(40)}\n`;
    const text = (word: string) => `First line.\nYou help ${word} customers.${body}`.replaceAll("\n", "\r\n");
    const second = text("large");
    const report = analyze({ "prompts/a.j2": text("small"), "prompts/b.j2": second });
    const [finding] = found(report.findings, "near-duplicate");
    expect(marked(finding, second)).toBe("large");
  });

  describe("of texts that never stand at the beginning of the same cache", () => {
    const text = (word: string) => `You help ${word} customers.\n${policyText(40)}`;
    const said = (path: string, other: string, wrap = (_: string, body: string) => body) =>
      found(
        analyze({ [path]: wrap("A", text("small")), [other]: wrap("B", text("large")) }, {}, parseTools)
          .findings,
        "near-duplicate",
      ).length;
    const inClass = (name: string, body: string) =>
      `class ${name}Prompts:\n    main_system = """${body}"""\n`;
    const inCode = (_: string, body: string) => `export const REVIEW_PROMPT = \`${body}\`;\n`;

    it.each([
      ["skills", "plugin/skills/pin/SKILL.md", "mirror/skills/pin-note/SKILL.md"],
      ["texts behind a trigger", "microagents/hub.md", "microagents/lab.md"],
      ["what is written for another model", "prompts/review.j2", "prompts/review-gemma.j2"],
    ])("is silent about %s", (_, path, other) => {
      expect(said(path, other)).toBe(0);
    });

    it("is silent about one program in two languages", () => {
      const python = `REVIEW_PROMPT = """${text("small")}"""\n`;
      const files = { "py/prompts.py": python, "ts/prompts.ts": inCode("", text("large")) };
      expect(found(analyze(files, {}, parseTools).findings, "near-duplicate")).toEqual([]);
      const same = { "py/prompts.py": python, "other/prompts.py": python.replace("small", "large") };
      expect(found(analyze(same, {}, parseTools).findings, "near-duplicate")).toHaveLength(1);
    });

    it("is silent about the member of one name in two classes, and not about two of one model", () => {
      expect(said("a/edit_prompts.py", "b/whole_prompts.py", inClass)).toBe(0);
      const two = `class EditPrompts:\n    main_system = """${text("small")}"""\n    lazy_system = """${text("large")}"""\n`;
      const ofOne = analyze({ "a/edit_prompts.py": two }, {}, parseTools).findings;
      expect(found(ofOne, "near-duplicate")).toHaveLength(1);
      expect(said("prompts/plan-gpt4.j2", "prompts/review-gpt4.j2")).toBe(1);
      expect(said("a/plan-prompts.ts", "b/review-prompts.ts", inCode)).toBe(1);
    });
  });

  it("is silent about an example and what it is an example of, and not about two of one folder", () => {
    const [a, b] = [`First of all, ${policyText(60)}`, `Before all else: ${policyText(60)}`];
    const between = (one: string, other: string) =>
      found(analyze({ [one]: a, [other]: b }).findings, "near-duplicate");
    expect(between("src/prompts/a.j2", "examples/prompts/b.j2")).toEqual([]);
    expect(between("src/prompts/a.j2", "src/prompts/b.j2")).toHaveLength(1);
  });

  it("is silent about texts that are equal, different, or parted by a hole", () => {
    const same = policyText(40);
    for (const [a, b] of [
      [same, same],
      [
        same,
        same
          .replaceAll("answer politely and cite", "never reply but escalate to")
          .replaceAll("case number", "a refund over"),
      ],
      [`{{ question }}\n${same}`, `{{ question }} please\n${same}`],
    ]) {
      const report = analyze({ "prompts/a.j2": a ?? "", "prompts/b.j2": b ?? "" });
      expect(found(report.findings, "near-duplicate")).toEqual([]);
    }
  });
});

describe("below-block", () => {
  const text = `${policyText(12)}\n{{ question }}`;

  it("says how far the stable prefix is from one block", () => {
    const report = analyze({ "prompts/a.j2": text }, { policy: "vllm-block" });
    expect(report.scenario.blockTokens).toBe(528);
    const [finding] = found(report.findings, "below-block");
    const stable = report.templates[0]?.stablePrefixTokens ?? 0;
    expect(finding?.message).toContain(`${stable} tokens`);
    expect(finding?.detail).toContain(`${528 - stable} tokens more`);
    // The full stop and the line break are one token, which a value that begins with a line break would make longer.
    expect(finding?.range).toEqual({ start: 0, end: text.indexOf(".\n{{") });
    expect(report.totals.ledger.reused).toBe(0);
    expect(finding?.stake.tokensPerRequest).toBeGreaterThan(0);
  });

  it("is silent where the cache matches at any token, and where the prefix is long enough", () => {
    expect(found(analyze({ "prompts/a.j2": text }).findings, "below-block")).toEqual([]);
    const long = { "prompts/a.j2": `${policyText(60)}\n{{ question }}` };
    const report = analyze(long, { policy: "vllm-block" });
    expect(found(report.findings, "below-block")).toEqual([]);
    expect(report.totals.ledger.reused).toBeGreaterThan(0);
  });
});

describe("beyond-memory", () => {
  const files = {
    "prompts/long.j2": `${policyText(400)}\n{{ question }}`,
    "prompts/short.j2": `${policyText(10, "b")}\n{{ question }}`,
  };

  it("names the prompt whose requests have no room, and what they take", () => {
    const report = analyze(files, { capacity: "100MiB" });
    const [finding, ...others] = found(report.findings, "beyond-memory");
    expect(others).toEqual([]);
    const long = report.templates.find(({ path }) => path === "prompts/long.j2")!;
    expect(finding?.path).toBe(long.path);
    expect(finding?.message).toBe(`24 of 24 requests need more than the cache's memory holds`);
    const { kvBytesPerToken, checkpointBytes, capacityBytes } = report.scenario;
    expect(long.promptTokensMean * kvBytesPerToken + checkpointBytes).toBeGreaterThan(capacityBytes);
  });

  it("is silent where there is room, and where nobody knows the memory", () => {
    expect(found(analyze(files).findings, "beyond-memory")).toEqual([]);
    expect(
      found(analyze(files, { capacity: "100MiB", policy: "anthropic" }).findings, "beyond-memory"),
    ).toEqual([]);
    expect(
      found(analyze(files, { capacity: "100MiB", policy: "unlimited" }).findings, "beyond-memory"),
    ).toEqual([]);
  });
});

describe("unstable-order", () => {
  const items = ["one", "two", "three", "four"].map((word) => `${policyText(3, word)} ${word}`);
  const text = `system:\n${policyText(10)}\n{% for example in examples %}\n{{ example }}\n{% endfor %}\n${policyText(10, "b")}\nuser:\n{{ question }}\n`;
  const loop = text.slice(text.indexOf("{% for"), text.indexOf("{% endfor %}") + "{% endfor %}".length);

  function shuffled(scope: string, values: readonly string[] = items) {
    const config = JSON.stringify({ holes: { examples: { scope, values } } });
    return analyze({ "prompts/a.j2": text, "promptcache.json": config }, { turns: 1, sessions: 12 });
  }

  it("sees the same items in another order, and promises what the same order gives", () => {
    const report = shuffled("request");
    const [finding, ...others] = found(report.findings, "unstable-order");
    expect(others).toEqual([]);
    expect(marked(finding, text)).toBe(loop);
    expect(finding?.severity).toBe("warning");
    expect(finding?.detail).toContain("Sort them");
    const { ledger, requests } = report.templates[0]!;
    const sorted = shuffled("constant").templates[0]!.ledger;
    const saved = (sorted.reused - ledger.reused) / requests;
    expect(finding?.stake.tokensPerRequest).toBeCloseTo(saved, 6);
    // It is not told to be moved as well.
    expect(found(report.findings, "volatile-early")).toEqual([]);
  });

  it("is silent about lists in one order, about single items and about other items", () => {
    expect(found(shuffled("constant").findings, "unstable-order")).toEqual([]);
    expect(found(shuffled("request", items.slice(0, 1)).findings, "unstable-order")).toEqual([]);
    const undeclared = JSON.stringify({ holes: { examples: { scope: "request" } } });
    const report = analyze({ "prompts/a.j2": text, "promptcache.json": undeclared }, { turns: 1 });
    expect(found(report.findings, "unstable-order")).toEqual([]);
    expect(found(report.findings, "volatile-early")).not.toEqual([]);
  });

  it("believes what is known of the code", () => {
    const text = `system:\n{{ labels }}\n${policyText(20)}\nuser:\n{{ question }}\n`;
    const rules = (reason: string) => {
      const config = JSON.stringify({ holes: { labels: { scope: "request", reason } } });
      const report = analyze({ "prompts/a.j2": text, "promptcache.json": config });
      return report.findings.filter(({ path }) => path === "prompts/a.j2").map(({ rule }) => rule);
    };
    expect(rules("a set has no order of its own: each process may write it in another")).toContain(
      "unstable-order",
    );
    expect(rules("`json.dumps` keeps the key order that it is given")).toContain("volatile-early");
  });

  it("reads it off the expression, in an include too", () => {
    const part = "{{ examples | shuffle }}";
    const whole = `system:\n{% include "partials/list.j2" %}\n${policyText(20)}\nuser:\n{{ question }}\n`;
    const report = analyze({ "prompts/a.j2": whole, "prompts/partials/list.j2": part });
    const [finding] = found(report.findings, "unstable-order");
    expect(finding?.path).toBe("prompts/partials/list.j2");
    expect(marked(finding, part)).toBe(part);
  });
});

describe("token-boundary", () => {
  const words = "Apples Bread Cheese Dogs Eggs Fish Goats Honey".split(" ");

  function run(end: string, values: readonly string[]) {
    const text = `system:\n${policyText(10)}\nuser:\nThe customer asks${end}{{ question }}\n`;
    const config = JSON.stringify({ holes: { question: { values } } });
    const { findings } = analyze({ "prompts/a.j2": text, "promptcache.json": config }, { turns: 1 });
    const [finding] = found(findings, "token-boundary");
    return { finding, place: marked(finding, text) };
  }

  it("marks a blank before a hole, as long as values join it", () => {
    const { finding, place } = run(": ", words);
    expect(place).toBe(" ");
    expect(finding?.severity).toBe("hint");
    expect(finding?.detail).toContain("let the value bring the blank");
    // All but the first of 8 requests lose the blank.
    expect(finding?.stake.tokensPerRequest).toBeCloseTo(7 / 8, 6);
  });

  it("is silent where nothing joins", () => {
    expect(run(":\n", words).finding).toBeUndefined();
    const numbers = words.map((_, index) => `${index}`);
    expect(run(": ", numbers).finding).toBeUndefined();
  });

  it("says how to part text that is no blank", () => {
    const endings = ["stand", "ground", "lying", "way", "taken", "neath", "mine", "score"];
    const { finding, place } = run(" what is under", endings);
    expect(place).toBe(" under");
    expect(finding?.detail).toContain("Separate the two");
  });
});

describe("rules", () => {
  it("mark places inside their documents, and name assumptions that the report has", () => {
    const { documents } = readExamples();
    const report = analyze(documents);
    expect(new Set(report.findings.map(({ rule }) => rule)).size).toBeGreaterThan(3);
    const assumptions = new Set(report.assumptions.map(({ id }) => id));
    for (const { path, range, related, assumptions: ids } of report.findings) {
      for (const place of [{ path, range }, ...related]) {
        expect(place.range.start).toBeGreaterThanOrEqual(0);
        expect(place.range.end).toBeGreaterThanOrEqual(place.range.start);
        expect(place.range.end).toBeLessThanOrEqual((documents[place.path] ?? "").length);
      }
      for (const id of ids) expect(assumptions.has(id)).toBe(true);
    }
  });

  it("leave alone what the examples show as written well", () => {
    const { documents } = readExamples();
    const good = Object.keys(documents).filter((path) =>
      /-fixed\.|booking-agent|^[A-Z]+\.md$|SKILL/.test(path),
    );
    expect(good.length).toBeGreaterThan(7);
    expect(analyze(documents).findings.filter(({ path }) => good.includes(path))).toEqual([]);
  });

  it("each have a section of their own in the documentation", () => {
    const page = readFileSync(new URL("../../docs/findings.md", import.meta.url), "utf8");
    const sections = page
      .split(/^## /m)
      .slice(1)
      .map((section) => section.split("\n"));
    expect(sections.map(([heading]) => heading).toSorted()).toEqual(rules.map(({ id }) => id).toSorted());
    for (const { id, title } of rules) {
      expect(sections.find(([heading]) => heading === id)?.[2]).toContain(`**${title}.**`);
    }
  });

  it("have ids of their own", () => {
    expect(new Set(rules.map(({ id }) => id)).size).toBe(rules.length);
  });
});
