/** What a workload assumes rather than knows. Collected while it is made, worded once at the end. */

import { t } from "../words/l10n.ts";
import { enumerated } from "../words/lists.ts";
import { plural } from "../words/numbers.ts";

export interface Assumption {
  readonly id: string;
  readonly text: string;
}

export interface Assumptions extends Notes {
  list(): readonly Assumption[];
}

/** Where whoever makes a part of a workload says what it assumes. */
export interface Notes {
  /** Says it once, however often it is called. */
  note(id: AssumptionId, text: string): void;
  /** Adds a name to the list that a text speaks of; `detail` is shown behind it. */
  add(id: ListedId, name: string, detail: string): void;
}

/** Assumptions with a fixed text. */
export type AssumptionId =
  | "agent-conversation"
  | "agent-turns"
  | "arrivals"
  | "captured"
  | "history"
  | "chat-template-refusals"
  | "output-length"
  | "reduced-workload"
  | "sessions"
  | "tenants";

/** Assumptions about named holes. */
export type ListedId = "conditions" | "hole-values" | "inferred-scopes" | "list-lengths" | "varied-samples";

/** How many names a text gives before it only counts the rest. */
const shownNames = 12;

const introductions: Readonly<Record<ListedId, (count: string) => string>> = {
  "inferred-scopes": (count) =>
    t(
      'How often the value changes was inferred, not declared, for {0}. Declare it as "scope" in promptcache.json',
      count,
    ),
  "hole-values": (count) =>
    t(
      'Nobody gave values for {0}, so seeded filler text stands in, of the usual length for such a name. Declare "values" or "tokens" in promptcache.json',
      count,
    ),
  "varied-samples": (count) =>
    t(
      "The file gives one sample for {0}; where the scope asks for different values, the first is the sample and the others have its shape with other words",
      count,
    ),
  "list-lengths": (count) => t("The number of items is assumed for {0}", count),
  conditions: (count) => t("Whether the condition holds is assumed for {0}", count),
};

const counted: Readonly<Record<ListedId, (names: number) => string>> = {
  "inferred-scopes": (names) => plural(names, "hole or block", "holes and blocks"),
  "hole-values": (names) => plural(names, "hole"),
  "varied-samples": (names) => plural(names, "hole"),
  "list-lengths": (names) => plural(names, "loop"),
  conditions: (names) => plural(names, "condition"),
};

/** What was said while one part of a workload was made, to be said again wherever that part is used again. */
export class RecordedAssumptions implements Notes {
  readonly #said: ((to: Notes) => void)[] = [];
  readonly #known = new Set<string>();

  note(id: AssumptionId, text: string): void {
    this.#once(`${id} ${text}`, (to) => to.note(id, text));
  }

  add(id: ListedId, name: string, detail: string): void {
    // Of several details for one name the first counts.
    this.#once(`${id} ${name}`, (to) => to.add(id, name, detail));
  }

  sayTo(assumptions: Notes): void {
    for (const say of this.#said) say(assumptions);
  }

  #once(key: string, say: (to: Notes) => void): void {
    if (this.#known.has(key)) return;
    this.#known.add(key);
    this.#said.push(say);
  }
}

export function createAssumptions(): Assumptions {
  const notes = new Map<AssumptionId, string>();
  const names = new Map<ListedId, Map<string, string>>();
  return {
    note(id, text) {
      const said = notes.get(id) ?? "";
      if (!said.includes(text)) notes.set(id, said === "" ? text : `${said} ${text}`);
    },
    add(id, name, detail) {
      let listed = names.get(id);
      if (listed === undefined) {
        listed = new Map();
        names.set(id, listed);
      }
      if (!listed.has(name)) listed.set(name, detail);
    },
    list() {
      const all: Assumption[] = [...notes].map(([id, text]) => ({ id, text }));
      for (const [id, listed] of names) all.push({ id, text: listText(id, listed) });
      return all.sort((left, right) => (left.id < right.id ? -1 : 1));
    },
  };
}

function listText(id: ListedId, listed: ReadonlyMap<string, string>): string {
  const sorted = [...listed].sort(([left], [right]) => (left < right ? -1 : left > right ? 1 : 0));
  const shown = sorted.slice(0, shownNames).map(([name, detail]) => `${name} (${detail})`);
  const names = enumerated(shown, listed.size - shown.length);
  return `${introductions[id](counted[id](listed.size))}: ${names}.`;
}
