import { describe, expect, it } from "vitest";
import { emptyConfig } from "../../src/config/config.ts";
import type { Template } from "../../src/prompt/template.ts";
import { generateWorkload, workloadSteps } from "../../src/workload/generate.ts";
import type { Workload } from "../../src/workload/workload.ts";
import {
  chatTemplate,
  configOf,
  hole,
  include,
  loop,
  marker,
  promptTexts,
  readableTokenizer,
  template,
  when,
  wordTokenizer,
} from "./support.ts";

const settings = { seed: 1, sessions: 4, turns: 3 };

/** Prompts of the only template that is called, by session and then by turn. */
function prompts(
  templates: readonly Template[],
  config: object = {},
  chosen = settings,
): readonly string[][] {
  const { tokenizer, words } = readableTokenizer();
  const workload = generateWorkload(templates, { settings: chosen, config: configOf(config), tokenizer });
  const texts = promptTexts(workload, words);
  const sessions: string[][] = [];
  for (const [index, request] of workload.requests.entries()) {
    sessions[request.session] ??= [];
    sessions[request.session]![request.turn] = texts[index]!;
  }
  return sessions;
}

function generate(templates: readonly Template[], config: object = {}, chosen = settings): Workload {
  return generateWorkload(templates, {
    settings: chosen,
    config: configOf(config),
    tokenizer: wordTokenizer,
  });
}

describe("values by scope", () => {
  const valuesOf = (name: string, scope: Parameters<typeof hole>[1], config = {}) =>
    prompts([template("a.j2", [hole(name, scope)])], config);

  it("constants are equal everywhere", () => {
    expect(new Set(valuesOf("company", "constant").flat()).size).toBe(1);
  });

  it("tenants share, and sessions are spread over them", () => {
    const bySession = valuesOf("company_id", "tenant", { workload: { tenants: 2 } });
    expect(bySession.map((turns) => new Set(turns).size)).toEqual([1, 1, 1, 1]);
    expect(bySession[0]).toEqual(bySession[2]);
    expect(bySession[0]).not.toEqual(bySession[1]);
  });

  it("sessions keep theirs over all turns", () => {
    const bySession = valuesOf("customer_id", "session");
    expect(bySession.map((turns) => new Set(turns).size)).toEqual([1, 1, 1, 1]);
    expect(new Set(bySession.flat()).size).toBe(4);
  });

  it("requests draw anew, and one name is one value within a prompt", () => {
    const all = prompts([
      template("a.j2", [hole("question", "request"), "|", hole("question", "request")]),
    ]).flat();
    expect(new Set(all).size).toBe(12);
    for (const prompt of all) expect(prompt.split("|")[0]).toBe(prompt.split("|")[1]);
  });

  it("volatile values never repeat, not even within a prompt", () => {
    for (const name of ["now", "request_id", "anything"]) {
      const values = prompts([template("a.j2", [hole(name, "volatile"), "|", hole(name, "volatile")])])
        .flat()
        .flatMap((prompt) => prompt.split("|"));
      expect(new Set(values).size).toBe(24);
    }
  });

  it("volatile values never repeat even where few are declared", () => {
    const all = valuesOf("nonce", "volatile", { holes: { nonce: { values: ["1", "2"] } } }).flat();
    expect(new Set(all).size).toBe(12);
  });

  it("clocks look like clocks, and move with the arrivals", () => {
    const [first, second] = valuesOf("now", "volatile")[0]!;
    expect(first).toMatch(/^2025-03-03T09:\d\d:\d\d\.\d{6}Z$/);
    expect(first! < second!).toBe(true);
  });

  it("declared values are taken in turn", () => {
    const bySession = valuesOf("plan", "session", { holes: { plan: { values: ["free", "pro"] } } });
    expect(bySession.map(([first]) => first)).toEqual(["free", "pro", "free", "pro"]);
  });

  it("a sample comes first and is varied in its shape", () => {
    const samples = new Map([["order", "AB-12"]]);
    const bySession = prompts([template("a.j2", [hole("order", "session")], { samples })]);
    expect(bySession[0]![0]).toBe("AB-12");
    expect(bySession[1]![0]).toMatch(/^[A-Z]{2}-\d\d$/);
    expect(prompts([template("a.j2", [hole("order", "constant")], { samples })]).flat()).toEqual(
      Array(12).fill("AB-12"),
    );
  });

  it("filler has the declared number of tokens", () => {
    const workload = generate([template("a.j2", [hole("context", "request")])], {
      holes: { context: { tokens: 77 } },
    });
    expect(workload.requests.map(({ promptTokens }) => promptTokens.length)).toEqual(Array(12).fill(77));
  });

  it("constants and tenants hold the same in all templates", () => {
    const parts = [hole("company", "constant"), "|", hole("store", "tenant")];
    const [first] = prompts([template("a.j2", parts)]);
    const [second] = prompts([template("b.j2", parts)]);
    expect(first).toEqual(second);
  });
});

describe("blocks", () => {
  it("a constant list has three fixed items", () => {
    const all = prompts([
      template("a.j2", [loop("rules", "constant", ["- ", hole("item", "constant"), "\n"])]),
    ]).flat();
    expect(new Set(all).size).toBe(1);
    expect(all[0]!.match(/^- /gm)).toHaveLength(3);
  });

  it("fields of items follow the list", () => {
    const workload = generate([
      template("a.j2", [loop("docs", "session", [hole("item.title", "request"), hole("other", "request")])]),
    ]);
    expect(workload.segments.map(({ name, scope, parent }) => [name, scope?.scope, parent])).toEqual([
      ["chat template", undefined, -1],
      ["docs", "session", -1],
      ["item.title", "session", 1],
      ["other", "request", 1],
      ["generation prompt", undefined, -1],
    ]);
  });

  it("declared items of a changing list are the same in another order", () => {
    const values = ["one", "two", "three", "four"];
    const source = template("a.j2", [loop("shots", "request", ["[", hole("item", "request"), "]"])]);
    const all = prompts([source], { holes: { shots: { values } } }).flat();
    expect(new Set(all).size).toBeGreaterThan(1);
    for (const prompt of all) {
      expect(prompt.match(/\w+/g)!.toSorted()).toEqual(values.toSorted());
    }
    const fixed = template("a.j2", [loop("shots", "constant", ["[", hole("item", "constant"), "]"])]);
    expect(new Set(prompts([fixed], { holes: { shots: { values } } }).flat())).toEqual(
      new Set(["[one][two][three][four]"]),
    );
  });

  it("conditions hold for constants, and half of the time otherwise", () => {
    const text = (scope: Parameters<typeof hole>[1]) =>
      new Set(
        prompts(
          [template("a.j2", [when("flag", scope, ["yes"], ["no"])])],
          {},
          { ...settings, sessions: 12 },
        ).flat(),
      );
    expect(text("constant")).toEqual(new Set(["yes"]));
    expect(text("session")).toEqual(new Set(["yes", "no"]));
  });

  it("conditions can be declared, and negated", () => {
    const source = template("a.j2", [
      when("flag", "session", ["yes"], ["no"]),
      when("not flag", "session", ["!"]),
    ]);
    const holes = { flag: { values: ["true", "false"] } };
    // The name of the second condition is what it reads.
    const [plain, negated] = source.segments;
    const named = negated?.kind === "block" ? { ...negated, name: "flag" } : negated!;
    const all = prompts([{ ...source, segments: [plain!, named] }], { holes });
    expect(all.map(([first]) => first)).toEqual(["yes", "no!", "yes", "no!"]);
  });
});

describe("conversations", () => {
  const chat = template("chat.j2", [
    marker("system"),
    "Be brief.",
    loop(
      "messages",
      "session",
      [
        when("item.role == 'user'", "session", [marker("user")], [marker("assistant")]),
        hole("item.content", "session"),
        "\n",
      ],
      { isHistory: true },
    ),
    marker("user"),
    hole("question", "request"),
  ]);

  it.each([
    ["a loop over messages", chat],
    [
      "a history hole",
      template("h.prompt", [
        ...[marker("system"), "Be brief.", hole("history", "session", "history")],
        ...[marker("user"), hole("question", "request")],
      ]),
    ],
    [
      "a loop over pairs",
      template("p.j2", [
        ...[marker("system"), "Be brief."],
        loop(
          "chat_history",
          "session",
          [
            ...[marker("user"), hole("item.inputs.question", "session"), "\n"],
            ...[marker("assistant"), hole("item.outputs.answer", "session"), "\n"],
          ],
          { isHistory: true },
        ),
        ...[marker("user"), hole("question", "request")],
      ]),
    ],
    ["instructions", template("AGENTS.md", ["Be brief."], { usage: "instructions" })],
  ])("with %s, a prompt extends the one before and its answer", (_, source) => {
    const options = { settings, config: emptyConfig, tokenizer: wordTokenizer, chatTemplate };
    const { requests } = generateWorkload([source], options);
    for (const next of requests.filter(({ turn }) => turn > 0)) {
      const before = requests.find(
        ({ session, turn }) => session === next.session && turn === next.turn - 1,
      )!;
      const known = [...before.promptTokens, ...before.outputTokens];
      expect([...next.promptTokens].slice(0, known.length)).toEqual(known);
      expect(next.promptTokens.length).toBeGreaterThan(known.length);
    }
  });

  it("shows the history as lines where the template has no messages", () => {
    const source = template("plain.txt", [
      "Chat:\n",
      hole("history", "session", "history"),
      "Now: ",
      hole("question", "request"),
    ]);
    const [turns] = prompts([source]);
    expect(turns![0]).toMatch(/^Chat:\nNow: /);
    expect(turns![1]).toMatch(/^Chat:\nuser: .+\nassistant: .+\nNow: /);
  });

  it("puts the question into the history where the template has no other place for it", () => {
    const source = template("h.prompt", [
      marker("system"),
      "Be brief.",
      hole("messages", "session", "history"),
    ]);
    const [turns] = prompts([source]);
    expect(turns![0]!.length).toBeGreaterThan("Be brief.".length);
    expect(turns![1]!.startsWith(turns![0]!)).toBe(true);
  });

  it("a condition on the history holds from the second turn on", () => {
    const source = template("c.j2", [
      when("history", "session", ["Earlier:", hole("history", "session", "history")]),
      hole("question", "request"),
    ]);
    const [turns] = prompts([source]);
    expect(turns!.map((turn) => turn.startsWith("Earlier:"))).toEqual([false, true, true]);
  });
});

describe("traffic", () => {
  const a = template("a.j2", ["A ", hole("question", "request")]);
  const b = template("b.j2", ["B ", hole("question", "request")]);

  it("comes in order of arrival, turns of a session apart", () => {
    const { requests } = generate([a, b]);
    const times = requests.map(({ arrivalSeconds }) => arrivalSeconds);
    expect(times).toEqual(times.toSorted((left, right) => left - right));
    for (const request of requests) {
      const next = requests.find(
        ({ session, turn }) => session === request.session && turn === request.turn + 1,
      );
      if (next !== undefined) expect(next.arrivalSeconds - request.arrivalSeconds).toBeGreaterThanOrEqual(15);
    }
    expect(new Set(requests.map(({ session }) => session)).size).toBe(8);
  });

  it("keeps the given order at equal times", () => {
    const { requests } = generate([a], { workload: { thinkSeconds: 0 } });
    const turns = requests.map(({ session, turn }) => session * 10 + turn);
    expect(turns).toEqual(turns.toSorted((left, right) => left - right));
  });

  it("follows weight, sessions, turns and usage of single templates", () => {
    const countOf = (own: object) =>
      generate([a, b], { templates: { "a.j2": own } }).templateOf.filter((t) => t === 0).length;
    expect(countOf({ weight: 2 })).toBe(24);
    expect(countOf({ weight: 0 })).toBe(0);
    expect(countOf({ sessions: 1, weight: 2 })).toBe(3);
    expect(countOf({ turns: 5 })).toBe(20);
    expect(countOf({ usage: "partial" })).toBe(0);
  });

  it("answers have the declared length", () => {
    const { requests } = generate([a], { workload: { outputTokens: 9 } });
    expect(new Set(requests.map(({ outputTokens }) => outputTokens.length))).toEqual(new Set([9]));
  });

  it("a step is at most one conversation, and says how many there are", () => {
    const steps = [...workloadSteps([a, b], { settings, config: emptyConfig, tokenizer: wordTokenizer })];
    expect([...new Set(steps.map(({ done }) => done))]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    expect(steps.at(-1)).toEqual({ done: 8, total: 8 });
  });
});

describe("golden", () => {
  it("a small workload is the same forever; whoever changes it changes everybody's reports", () => {
    const source = template("a.j2", [
      ...[marker("system"), "For ", hole("company", "constant"), " on ", hole("now", "volatile"), "."],
      ...[marker("user"), hole("customer", "session"), " (", hole("order_id", "request"), ")"],
    ]);
    expect(prompts([source], {}, { seed: 1, sessions: 2, turns: 2 })).toMatchInlineSnapshot(`
      [
        [
          "For Tidewater Textiles on 2025-03-03T09:00:00.945640Z.Ines Abbott (HL-648854)",
          "For Tidewater Textiles on 2025-03-03T09:00:17.899025Z.Ines Abbott (HL-665616)",
        ],
        [
          "For Tidewater Textiles on 2025-03-03T09:00:31.218411Z.Hugo Jensen (HL-344662)",
          "For Tidewater Textiles on 2025-03-03T09:00:56.375404Z.Hugo Jensen (HL-861005)",
        ],
      ]
    `);
    const arrivals = generate([source], {}, { seed: 1, sessions: 1, turns: 2 }).requests;
    expect(arrivals.map(({ arrivalSeconds }) => arrivalSeconds.toFixed(3))).toMatchInlineSnapshot(`
      [
        "0.276",
        "17.009",
      ]
    `);
  });
});

describe("edges", () => {
  it.each([
    ["no templates", []],
    ["partials only", [template("_p.j2", ["text"], { usage: "partial" })]],
  ])("%s send nothing", (_, templates) => {
    const workload = generate(templates);
    expect(workload.requests).toEqual([]);
    expect(workload.assumptions).toEqual([]);
    expect(workload.templateOf).toEqual(new Int32Array(0));
  });

  it("no sessions send nothing", () => {
    expect(generate([template("a.j2", ["text"])], {}, { ...settings, sessions: 0 }).requests).toEqual([]);
  });

  it("an empty template sends empty prompts", () => {
    const { requests } = generate([template("a.j2", [])]);
    expect(requests).toHaveLength(12);
    expect(requests[0]!.promptTokens).toHaveLength(0);
    expect(requests[0]!.runs!.starts).toHaveLength(0);
  });

  it("an unresolved include renders to nothing", () => {
    expect(prompts([template("a.j2", ["a", include("x", null), "b"])])[0]![0]).toBe("ab");
  });

  it("nesting beyond all measure is left out, and said", () => {
    let body: Template["segments"] = [];
    for (let depth = 0; depth < 500; depth++) body = [loop(`l${depth}`, "constant", body)];
    const workload = generate([template("a.j2", ["text", ...body])]);
    expect(workload.requests[0]!.promptTokens).toHaveLength(1);
    expect(workload.assumptions.map(({ id }) => id)).toContain("reduced-workload");
  });
});
