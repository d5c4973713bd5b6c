/** What a request is made of: as promptcache.json says, or as the template's format and messages tell. */
import type { CapturedRequest, CompositionPart, Role, Segment, Template } from "../prompt/template.ts";

export interface Composition {
  readonly basis: "declared" | "inferred" | "captured";
  /** A clause, such as `by the messages of the template`. */
  readonly reason: string;
  /** In the order in which they are sent; none for templates that only others include. */
  readonly parts: readonly CompositionPart[];
}

export function compositionOf(template: Template): Composition {
  if (template.composition !== undefined) {
    return { basis: "declared", reason: "by promptcache.json", parts: template.composition };
  }
  if (template.captured !== undefined) return captured(template.captured);
  const tools: readonly CompositionPart[] = template.tools === undefined ? [] : [part("tools")];
  const inferred = (reason: string, parts: readonly CompositionPart[]): Composition => ({
    basis: "inferred",
    reason,
    parts: template.usage === "partial" ? [] : [...tools, ...parts],
  });
  if (template.usage === "partial") return inferred("a part of other templates", []);
  if (template.usage === "instructions") {
    return inferred("as instructions in front of a conversation", [part("system"), part("history")]);
  }
  const places = placesOf(template.segments);
  if (places.some((place) => place !== "history")) {
    return inferred("by the messages of the template", partsOf(places));
  }
  return inferred("as one message of the user", [...places.map(() => part("history")), part("question")]);
}

/** What the last request is made of: it shows how the conversation went. */
function captured(requests: readonly CapturedRequest[]): Composition {
  const { segments, tools } = requests.at(-1)!;
  const places = placesOf(segments);
  const kinds = places.map((place, index) => {
    if (place === "system" || place === "developer") return "system";
    return index === places.length - 1 ? "question" : "history";
  });
  const parts = kinds.filter((kind, index) => kind !== kinds[index - 1]).map(part);
  const reason = "as it was sent";
  return { basis: "captured", reason, parts: tools.length === 0 ? parts : [part("tools"), ...parts] };
}

function part(kind: CompositionPart["kind"]): CompositionPart {
  return { kind, target: null };
}

type Place = Role | "history";

/** Messages and earlier turns in the order of the text; what stands inside a history is no message of its own. */
function placesOf(segments: readonly Segment[]): readonly Place[] {
  return segments.flatMap(placesIn);
}

function placesIn(segment: Segment): readonly Place[] {
  switch (segment.kind) {
    case "marker":
      return [segment.role];
    case "hole":
      return segment.form === "history" ? ["history"] : [];
    case "include":
      return placesOf(segment.resolved?.segments ?? []);
    case "block":
      return segment.isHistory ? ["history"] : [...placesOf(segment.body), ...placesOf(segment.otherwise)];
    case "text":
      return [];
  }
}

/** The last message of the user asks; other messages that are not the system's are examples. */
function partsOf(places: readonly Place[]): readonly CompositionPart[] {
  const question = places.lastIndexOf("user");
  const kinds = places.map((place, index): CompositionPart["kind"] => {
    if (place === "history") return "history";
    if (place === "system" || place === "developer") return "system";
    return index >= question ? "question" : "examples";
  });
  return kinds.filter((kind, index) => kind !== kinds[index - 1]).map(part);
}
