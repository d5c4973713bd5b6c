/** Makes the golden trace: five kinds of traffic, dealt out by a seed. A change here changes every golden number. */
import { createRandom, pick, type Random, wholeNumber } from "../../src/workload/random.ts";
import type { GoldenRequest, GoldenSegment, GoldenTrace, Part, Scope } from "./trace.ts";

const seed = 20_261_128;
const requestCount = 300;
/** Small, so that conversations interleave. */
const liveSessions = 12;

/** What one request sends, before it is dealt a place in time. */
type Turn = Pick<GoldenRequest, "prompt" | "output">;

export function generateTrace(): GoldenTrace {
  const traffic = new Traffic(createRandom(seed));
  return { segments: traffic.segments, requests: traffic.requests(requestCount) };
}

class Traffic {
  readonly segments: GoldenSegment[] = [];
  private readonly random: Random;
  private readonly shared: Map<string, Part> = new Map();
  private contents = 0;

  constructor(random: Random) {
    this.random = random;
  }

  requests(count: number): GoldenRequest[] {
    const live: { session: number; turn: number; turns: Turn[] }[] = [];
    const requests: GoldenRequest[] = [];
    let sessions = 0;
    let milliseconds = 0;
    while (requests.length < count) {
      if (live.length < liveSessions) live.push({ session: sessions++, turn: 0, turns: this.session() });
      const chosen = pick(this.random, live);
      const turn = chosen.turns.shift();
      if (turn === undefined) {
        live.splice(live.indexOf(chosen), 1);
        continue;
      }
      milliseconds += wholeNumber(this.random, 100, 8000);
      const { session } = chosen;
      requests.push({ arrivalSeconds: milliseconds / 1000, session, turn: chosen.turn++, ...turn });
    }
    return requests;
  }

  private session(): Turn[] {
    const kinds = [
      () => this.fewShot(),
      () => this.conversation(),
      () => this.conversation(),
      () => this.agent(),
      () => this.agent(),
      () => this.branches(),
      () => this.documents(),
    ];
    return pick(this.random, kinds)();
  }

  /** One instruction, a set of examples in one of two orders, a question that is asked again now and then. */
  private fewShot(): Turn[] {
    const task = wholeNumber(this.random, 0, 3);
    const shots = Array.from({ length: 5 }, (_, shot) => this.same("shot", `${task}.${shot}`, 120, 260));
    const ordered = this.random() < 0.7 ? shots : shots.toReversed();
    const isAsked = this.random() < 0.2;
    const question = isAsked
      ? this.same("question", `usual ${task}`, 30, 90, "call")
      : this.new("question", 20, 120);
    return [
      { prompt: [this.same("instruction", "", 310, 310), ...ordered, question], output: this.answer(5, 40) },
    ];
  }

  /** A system prompt, the words of one of three tenants, and turns on top of each other. */
  private conversation(): Turn[] {
    const tenant = wholeNumber(this.random, 0, 2);
    const start = [
      this.same("system", "", 870, 870),
      this.same("tenant", `${tenant}`, 150, 420, "tenant"),
      this.new("profile", 20, 60, "session"),
    ];
    return this.turns(start, wholeNumber(this.random, 1, 6), [30, 200], [60, 300]);
  }

  /** Tools in front, then a task, then short calls with long observations. */
  private agent(): Turn[] {
    const set = wholeNumber(this.random, 0, 1);
    const tools = Array.from({ length: 4 }, (_, tool) => this.same("tool", `${set}.${tool}`, 200, 520));
    const start = [...tools, this.same("rules", "", 640, 640), this.new("task", 80, 300, "session")];
    return this.turns(start, wholeNumber(this.random, 3, 9), [100, 700], [20, 80]);
  }

  /** One problem, thought about along the branches of a tree; they share all but their last steps. */
  private branches(): Turn[] {
    const start = [this.same("guide", "", 410, 410), this.new("problem", 250, 600, "session")];
    const turns: Turn[] = [];
    for (let branch = 0; branch < 2; branch++) {
      const first = this.new("step", 60, 160, "session");
      for (let leaf = 0; leaf < 2; leaf++) {
        turns.push({ prompt: [...start, first, this.new("step", 60, 160)], output: this.answer(20, 90) });
      }
    }
    return turns;
  }

  /** The same documents in another order, and a question behind them. */
  private documents(): Turn[] {
    const found = [0, 1, 2, 3, 4]
      .map((number) => ({ number, rank: this.random() }))
      .toSorted((a, b) => a.rank - b.rank)
      .slice(0, 3);
    const documents = found.map(({ number }) => this.same("document", `${number}`, 260, 700, "call"));
    const prompt = [this.same("reader", "", 190, 190), ...documents, this.new("question", 20, 80)];
    return [{ prompt, output: this.answer(30, 120) }];
  }

  private turns(start: readonly Part[], count: number, said: Range, answered: Range): Turn[] {
    const turns: Turn[] = [];
    let before = start;
    for (let turn = 0; turn < count; turn++) {
      const prompt = [...before, this.new("turn", ...said)];
      const output = this.answer(...answered);
      turns.push({ prompt, output });
      before = [...prompt, [this.segment("reply", "call"), ...output]];
    }
    return turns;
  }

  private answer(least: number, most: number): GoldenRequest["output"] {
    return [this.contents++, wholeNumber(this.random, least, most)];
  }

  private new(name: string, least: number, most: number, scope: Scope = "call"): Part {
    return [this.segment(name, scope), this.contents++, wholeNumber(this.random, least, most)];
  }

  /** The same text whenever it is asked for by the same key. */
  private same(name: string, key: string, least: number, most: number, scope: Scope = "all"): Part {
    const known = this.shared.get(`${name} ${key}`);
    if (known !== undefined) return known;
    const part = this.new(name, least, most, scope);
    this.shared.set(`${name} ${key}`, part);
    return part;
  }

  private segment(name: string, scope: Scope): number {
    const known = this.segments.findIndex((segment) => segment.name === name);
    if (known >= 0) return known;
    const endsMessage = [
      "instruction",
      "tenant",
      "profile",
      "rules",
      "task",
      "turn",
      "reply",
      "question",
    ].includes(name);
    return (
      this.segments.push({ name, scope, endsMessage, isMarked: name === "rules" || name === "turn" }) - 1
    );
  }
}

type Range = readonly [least: number, most: number];
