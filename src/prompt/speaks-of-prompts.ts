/** Whether a text speaks to a model: a quick look at characters. */

/** Characters that are looked at. */
export const lookedAt = 2 ** 20;

/** A literal that begins as prompts do. Words of screens ("You are not signed in") begin otherwise. */
const instruction =
  /["'`]\s{0,80}(?:You(?:['’]re| are) (?:an?|the|acting|playing|now an?|going to (?:act|play|be))\s|You will be (?:given|provided|asked)\s|You (?:answer|analy[sz]e|assist|classify|convert|edit|explain|extract|generate|grade|help|judge|label|plan|rate|reply|respond|review|rewrite|speak|suggest|summari[sz]e|tag|translate|write)\s|Your (?:task|job|role|goal) is\s|Act as (?:an?|the)\s|(?:Answer|Summari[sz]e|Translate|Classify|Extract|Rewrite) the following\s|Given the following\s)/;

/** A message as bodies of requests hold it: `"role": "system"`, `role: "system"`, `"role" => "system"`, `role = "system"`. */
const role = /\brole\\?["']?\s{0,8}(?::|=>?|,)\s{0,8}\\?["'](?:system|assistant|developer)\b/i;
const content = /\bcontent\b/i;

/** What SDKs of models call their messages, templates and calls. */
const sdk =
  /\b(?:(?:System|Human|Developer)Message|(?:System|Assistant|User)ChatMessage|ChatRequestSystemMessage|ChatCompletionRequest(?:System|User)Message\w{0,20}|(?:System|Chat)?PromptTemplate|ChatCompletionCreateParams|MessageCreateParams|OpenAIChatCompletion\w{0,20})\s{0,4}(?:[({]|\.(?:from|of|builder)\b|::)|@(?:SystemMessage|AiService|RegisterAiService)\b|\bChatMessage\.(?:system|user)\w{0,12}\(|\bChatMessageRoleSystem\b|\bchat\.completions?\b|\bmessages\.create\(|\bCreateChatCompletion\w{0,10}\(|\bgenerate_?content\(|\.(?:defaultSystem|withSystemPrompt|system_prompt|preamble)\(/i;

/** Whether a literal of the text begins as prompts do. */
export function addressesModelIn(text: string): boolean {
  return instruction.test(text.length > lookedAt ? text.slice(0, lookedAt) : text);
}

/** In a language that nobody here reads, for a file that is counted and no more. */
export function speaksOfPrompts(text: string): boolean {
  const seen = text.length > lookedAt ? text.slice(0, lookedAt) : text;
  return instruction.test(seen) || sdk.test(seen) || (role.test(seen) && content.test(seen));
}

const address =
  /\b(?:you are|you're|your (?:task|job|role|goal) is|you (?:must|should|will|can|may|answer|help|have access|respond)|respond (?:with|in|only)|(?:the|a) user\b|as an assistant|language model)/i;

/** Whether prose is written for a model: as pages for people are too, so that something else must say it beside. */
export function speaksToModel(text: string): boolean {
  return address.test(text);
}
