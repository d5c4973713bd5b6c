/** What a hole of a given name probably holds, and how long that is. One table; docs/workload.md shows it. */

import { invariant } from "../core/invariant.ts";
import { splitWords } from "../prompt/names.ts";
import { t } from "../words/l10n.ts";
import { dateText, timestampText } from "./clock-text.ts";
import { companyName, fillerText, personName, referenceText, uuidText } from "./filler.ts";
import { pick, type Random, wholeNumber } from "./random.ts";

/** The circumstances of a drawing; clocks look at them. */
export interface Drawing {
  /** The time of the call, rather than a date that is a fact about something. */
  readonly isClock: boolean;
  /** Seconds since the start of the workload. */
  readonly arrivalSeconds: number;
}

export interface ValueKind {
  readonly id: string;
  /** As shown to people, with the length. */
  readonly label: string;
  /** Words of a hole's name that speak of this kind. */
  readonly names: readonly string[];
  draw(random: Random, drawing: Drawing): string;
}

const questionWords = 24;
const pathWords = [
  "orders",
  "billing",
  "claims",
  "routes",
  "labels",
  "quotes",
  "reports",
  "accounts",
] as const;
const languages = ["English", "Spanish", "German", "Portuguese", "French", "Dutch"] as const;

/** In order of preference: the first kind with a word of the name wins, the name's last words before its first. */
export const valueKinds: readonly ValueKind[] = [
  {
    id: "clock",
    get label() {
      return t("a timestamp, or a date where it is no clock");
    },
    names: ["now", "time", "timestamp", "datetime", "date", "today", "clock", "utcnow", "day", "valid", "at"],
    draw: (random, drawing) =>
      drawing.isClock
        ? timestampText(drawing.arrivalSeconds, wholeNumber(random, 0, 999_999))
        : dateText(wholeNumber(random, 0, 300)),
  },
  {
    id: "uuid",
    get label() {
      return t("a UUID");
    },
    names: ["uuid", "guid", "nonce", "random", "trace", "correlation", "rid"],
    draw: uuidText,
  },
  {
    id: "reference",
    get label() {
      return t("a reference number");
    },
    names: ["id", "ids", "number", "no", "ref", "reference", "ticket", "key", "sku"],
    draw: referenceText,
  },
  {
    id: "path",
    get label() {
      return t("a file path");
    },
    names: ["path", "paths", "dir", "directory", "folder", "filename", "location", "cwd", "workdir"],
    draw: (random) =>
      `src/${pick(random, pathWords)}/${pick(random, pathWords)}-${wholeNumber(random, 1, 99)}.py`,
  },
  {
    id: "email",
    get label() {
      return t("an e-mail address");
    },
    names: ["email", "mail"],
    draw: (random) => `${personName(random).toLowerCase().replace(" ", ".")}@example.com`,
  },
  {
    id: "company",
    get label() {
      return t("a company name");
    },
    names: ["company", "tenant", "organization", "organisation", "org", "brand", "account", "workspace"],
    draw: companyName,
  },
  {
    id: "language",
    get label() {
      return t("a language");
    },
    names: ["language", "locale", "lang"],
    draw: (random) => pick(random, languages),
  },
  {
    id: "url",
    get label() {
      return t("a URL");
    },
    names: ["url", "uri", "link", "href"],
    draw: (random) => `https://example.com/${referenceText(random).toLowerCase()}`,
  },
  {
    id: "count",
    get label() {
      return t("a small number");
    },
    names: ["count", "limit", "max", "min", "score", "amount", "total", "index", "age", "size", "length"],
    draw: (random) => String(wholeNumber(random, 1, 500)),
  },
  wordKind("question", questionWords, [
    ...["question", "query", "input", "message", "prompt", "request", "utterance", "task", "ask"],
    ...["instruction", "problem", "goal", "issue"],
  ]),
  wordKind("answer", 80, ["answer", "output", "response", "reply", "completion", "result", "observation"]),
  wordKind("document", 300, [
    ...["context", "contexts", "document", "documents", "docs", "doc", "passage", "passages", "article"],
    ...["chunk", "chunks", "content", "text", "page", "body", "transcript", "source", "sources"],
    ...["code", "diff", "file", "files", "knowledge", "snippet", "snippets", "data"],
  ]),
  wordKind("instructions", 120, [
    ...["instructions", "rules", "policy", "policies", "guidelines", "persona", "tools", "tool", "schema"],
    ...["functions", "format", "system", "background", "memory", "profile", "summary", "description"],
  ]),
  wordKind("example", 40, ["example", "examples", "shot", "shots", "sample", "samples", "demonstration"]),
  {
    id: "person",
    get label() {
      return t("a person's name");
    },
    names: [
      ...[
        "name",
        "user",
        "customer",
        "author",
        "person",
        "agent",
        "assignee",
        "username",
        "client",
        "sender",
      ],
      ...["recipient", "contact", "guest", "patient", "student", "employee", "member", "owner", "candidate"],
    ],
    draw: personName,
  },
  wordKind("title", 6, ["title", "subject", "topic", "heading", "label", "category", "intent"]),
];

/** What a value that never repeats is, unless it is a clock. */
export const machineId = kindById("uuid");

/** For names that speak of nothing known. */
export const otherKind = wordKind("other", 12, []);

function wordKind(id: string, words: number, names: readonly string[]): ValueKind {
  return {
    id,
    get label() {
      return t("{0} words", words);
    },
    names,
    draw: (random) => fillerText(random, words),
  };
}

/** The last word of a name says most: `order_date` is a date. A field speaks for itself: `document.pages` is none. */
export function kindOfName(name: string): ValueKind {
  const owned = splitWords(name);
  const field = splitWords(name.slice(name.lastIndexOf(".") + 1));
  const parts = field.length === 1 && field[0] === "name" ? owned : field;
  const last = parts.at(-1);
  if (last === "id" && parts.some((word) => machineIds.includes(word))) return machineId;
  if (last === "code" && codedThings.includes(parts.at(-2) ?? "")) return kindById("reference");
  if (last === "name" && parts.length > 1) return kindOfNamed(parts.at(-2)!);
  for (let index = parts.length - 1; index >= 0; index--) {
    const kind = kindOfWord(parts[index]!);
    if (kind !== undefined) return kind;
  }
  return otherKind;
}

/** Things whose ids are made by machines, one for each. */
const machineIds: readonly string[] = ["request", "session", "conversation", "run", "span", "call", "event"];

/** Words before `code` that make it a number of something rather than a program. */
const codedThings: readonly string[] =
  "order error status zip postal country language currency product item tracking voucher coupon discount promo access".split(
    " ",
  );

/** `company_name` is a company, `customer.name` a person, `file_name` a path, `tool_name` none of these: a title. */
function kindOfNamed(word: string): ValueKind {
  if (word === "file") return kindById("path");
  const kind = kindOfWord(word);
  return kind !== undefined && ["company", "person", "path"].includes(kind.id) ? kind : kindById("title");
}

function kindOfWord(word: string): ValueKind | undefined {
  return valueKinds.find((kind) => kind.names.includes(word));
}

function kindById(id: string): ValueKind {
  const found = valueKinds.find((kind) => kind.id === id);
  invariant(found !== undefined, `there is no kind of value called ${id}`);
  return found;
}
