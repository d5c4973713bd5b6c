/**
 * Whether text in code is a prompt, by the name it is given and by what it says. Most strings are none: log lines, help
 * texts, SQL. A name alone is not enough (`PROMPT = "> "`), and neither is prose.
 */
import { folders, isInPromptFolder, splitWords, stemOf, words } from "../names.ts";
import type { Template } from "../template.ts";

const promptWords = words("prompt prompts instruction instructions instr instrs sysprompt metaprompt");

/** With "system", "developer" or "user" before them they name a message of a request. */
const messageWords = words("message msg text template content context role preamble");
const senders = words("system sys developer user human assistant");

/** What is about a prompt, and none: `prompt_path`, `prompt_tokens`. */
const aboutWords = words(
  "path paths file files filename dir folder id ids key keys url uri name names version regex pattern patterns type types " +
    "token tokens length len size count counts help label title placeholder error errors color colour style cache hash " +
    "input output result results response responses field fields column columns description doc docs log suffixes " +
    "summary info class cls kind mode schema parser config settings opt opts option options loader manager registry session exception",
);

/** Instructions and questions for people: `install_instructions`, `password_prompt`. */
const peopleWords = words(
  "install installation setup usage login download npm pip password confirm confirmation shell cli save exit quit " +
    "ps1 terminal console delete overwrite readline help left right",
);

/** True for names such as `SYSTEM_PROMPT`, `main_system`, `instructions` or `userMessage`. */
export function isPromptName(name: string): boolean {
  // `prompt1`, `systemPrompt2`
  const parts = splitWords(name.replace(/_?\d{1,2}$/, ""));
  const last = parts.at(-1);
  if (last === undefined || aboutWords.has(last) || parts.some((word) => peopleWords.has(word))) return false;
  // `build_prompt` makes one, `build_instructions` are for people.
  if (last === "instructions" && parts.includes("build")) return false;
  if (parts.some((word) => promptWords.has(word))) return true;
  if (last === "system") return true;
  return parts.some((word, index) => senders.has(word) && messageWords.has(parts[index + 1] ?? ""));
}

/** Names of text for people and machines, in a place that holds prompts. */
const otherWords = words(
  "description help doc docs url uri version title label path pattern regex license author error hint placeholder",
);

/** Names that say nothing against a prompt, in a place that holds prompts. */
export function mayNamePrompt(name: string): boolean {
  return !/^__\w+__$/.test(name) && !otherWords.has(splitWords(name).at(-1) ?? "");
}

/** A module of prompts, such as `prompts.py` or `editblock_prompts.py`, or one in a folder of prompts. */
export function isPromptModule(path: string): boolean {
  const parts = splitWords(stemOf(path));
  return (
    parts.includes("prompts") ||
    (parts.length > 1 && parts.at(-1) === "prompt") ||
    (isInPromptFolder(path) &&
      // A folder `prompt` of code is about prompts.
      folders(path).some((folder) => /prompts|prompt.+/i.test(folder)) &&
      !folders(path).some((folder) => /^tests?$|^__tests__$/.test(folder)))
  );
}

/** A class or object of prompts, such as `EditBlockPrompts` or `promptConfig`. */
export function isPromptClass(name: string): boolean {
  const parts = splitWords(name);
  return parts.includes("prompts") || parts.join(" ") === "prompt config";
}

/** Names of texts that are prompts where they speak to a model: `QA_TEMPLATE`, `REMINDER`, `POLICY`. */
const addressWords = words(
  "template preamble reminder nudge policy policies persona identity guidelines guideline rules catalog rubric judge grader " +
    "personality behavior behaviour guidance context message msg addendum",
);

/** The same for names that many other texts have: only a long one is a prompt. */
const looseWords = words("content text body query");
const fewestLoose = 25;

export function mayAddressModel(name: string): boolean {
  return splitWords(name.replace(/_?\d{1,2}$/, "")).some(
    (word) => addressWords.has(word) || looseWords.has(word),
  );
}

/** How a text begins, or goes on, that tells a model what it is or has to do. */
const address =
  /(?:^|[.!?:\n]\s{0,80})(?:you(?:['’]re| are) (?:an?|the|now|acting|being|given|comparing|evaluating|asked|authoring|tasked|going to)\b|you will be (?:given|provided|asked)\b|your (?:task|job|role|goal|purpose|objective) is\b|your (?:response|answer|output) (?:should|must) be\b|act as an?\b)/i;

/** Characters of a text that are looked at for how it begins. */
const beginning = 600;

/** Whether a text of that name tells a model what it is or has to do. */
export function addressesModel(name: string, text: string): boolean {
  if (!address.test(text.slice(0, beginning))) return false;
  const isTelling = splitWords(name.replace(/_?\d{1,2}$/, "")).some((word) => addressWords.has(word));
  return isTelling || countWords(text) >= fewestLoose;
}

/** Queries, markup and commands: text for machines, whatever its name says. */
const forMachines =
  /^\s*(?:SELECT\b[\s\S]*\bFROM\b|INSERT INTO\b|UPDATE \w+ SET\b|DELETE FROM\b|CREATE (?:TABLE|INDEX|VIEW)\b|<!DOCTYPE|<html|<svg|<\?xml|#!\/|\(\?[a-z:<=!]|https?:\/\/\S+\s*$)/i;

/** A file of a program, which text is filled into. */
const program =
  /^\s*(?:from [\w.]+ import \w|import [\w.]+(?: as \w+)?[ \t]*;?\n|import [^\n]{1,200} from ["'])/;

/**
 * What is asked of models of images and videos, of which nothing is cached: `Create an illustration for …`, but no description,
 * prompt or analysis of one.
 */
const asksForPicture =
  /^\s*(?:please )?(?:create|generate|design|draw|render|make|paint|produce)\b(?:(?!\b(?:descri|prompt|caption|script|analys|brief|stor(?:y|ies)|list|json))[^\n.:{}]){0,80}?\b(?:images?|illustrations?|pictures?|photos?|photographs?|videos?|posters?|logos?|icons?|thumbnails?|paintings?|artworks?|ads?|advertisements?|banners?)\b(?![ '’-]*(?:s\b|prompts?|descriptions?|captions?|tags?|analys\w*|scripts?|titles?|metadata|copy|text|ideas?|campaigns?|groups?|plans?|quer\w+|generat\w+|model\w*))/i;
const speaksOfPictures =
  /\b(?:\d{1,2}:\d{1,2}(?: aspect| ratio| format|\b[^\n]{0,20}\b(?:video|image|format))|aspect ratio|vertical video|colou?r palette|palette|photorealis\w+|illustrations?|watercolou?r|typography|cinematic|reference image)\b/i;

function isForPictures(text: string): boolean {
  return asksForPicture.test(text) && speaksOfPictures.test(text);
}

/** Questions to the person at the terminal. */
const forPeople =
  /^\s*(?:please )?(?:enter|type|press|hit|choose|select|pick|input|provide|are you sure|do you want|do you really|would you like|continue|overwrite|password)\b[^\n]{0,100}\s*$|↑\/↓|\[[yY]\/[nN]\]|\([yY](?:es)?\/[nN](?:o)?\)/i;

/** Without tags, which only frame what is said: `<context>`, `</hook_output>`. */
export function withoutTags(text: string): string {
  return text.replace(/<\/?[a-zA-Z][\w.:-]{0,60}>/g, " ");
}

/** A line over what only a run knows: `--- Content of the file ---`, `Content of the file:`. */
export function isHeading(text: string): boolean {
  return /^(?:[-=*#_]{2,}[^\n]*|[^\n.!?]*:)$/.test(text.trim());
}

/** Words of prose; scripts without blanks count two characters as one word. */
export function countWords(text: string): number {
  const apart = text.match(/\p{L}[\p{L}\p{M}'’-]+/gu)?.length ?? 0;
  const joined =
    text.match(/[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/gu)?.length ?? 0;
  return apart + Math.floor(joined / 2);
}

/** Text that could be said to a model: prose of some words, and not for machines or for the person at the terminal. */
export function isProse(text: string, minimumWords: number): boolean {
  if (forMachines.test(text) || program.test(text) || forPeople.test(text) || isForPictures(text))
    return false;
  return countWords(text) >= minimumWords && !isIdentifier.test(text);
}

/** Words without blanks between them, values among them too: `prompt_not_supported`. */
const isIdentifier = /^[\x21-\x7e\uFFFC]*$/;

const fragmentWords = words(
  "prefix suffix reply reminder header footer separator tip intro outro snippet fragment addendum appendix postscript",
);

const answerWords = new Set(
  "response responses result results error errors notice notification denied".split(" "),
);

/** How a prompt is used, by its name. */
export function usageOfName(name: string): Template["usage"] {
  const parts = splitWords(name);
  // What tools answer goes into a conversation that others began.
  if (parts.some((word) => fragmentWords.has(word) || answerWords.has(word))) return "partial";
  const isStanding = parts.some(
    (word) => promptStandingWords.has(word) && !parts.some((other) => other === "user" || other === "human"),
  );
  return isStanding ? "instructions" : "request";
}

const promptStandingWords = words("system sys sysprompt developer instruction instructions");
