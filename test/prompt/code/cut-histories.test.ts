/** Conversations of which code keeps the last messages, under another name, before it sends them. */
import { expect, test } from "vitest";
import { parseDocument } from "../../../src/prompt/registry.ts";
import { walkSegments } from "../../../src/prompt/segments.ts";
import type { HistoryWindow, Segment } from "../../../src/prompt/template.ts";
import { parseTools } from "../../support/parse-tools.ts";

const system = "You are the porter of a museum.";
const inCSharp = (value: string) =>
  `class A { void Run(string q, List<ChatMessage> history) { var recent = ${value}; client.CompleteChat([new SystemChatMessage("${system}"), .. recent, new UserChatMessage(q)]); } }`;
const inKotlin = (value: string) =>
  `fun run(q: String, history: List<ChatMessage>) {\n    val recent = ${value}\n    model.chat(listOf(SystemMessage.from("${system}")) + recent + UserMessage.from(q))\n}\n`;
const inRuby = (value: string) =>
  `def run(q, history)\n  recent = ${value}\n  client.chat(parameters: { model: "m", messages: [{ role: "system", content: "${system}" }, *recent, { role: "user", content: q }] })\nend\n`;

/** Of the earlier turns, also in lists that have a name. */
function windowsIn(segments: readonly Segment[]): readonly (HistoryWindow | undefined)[] {
  return [...walkSegments(segments)].flatMap((segment) => {
    if (segment.kind === "include") return windowsIn(segment.resolved?.segments ?? []);
    return segment.kind === "hole" && segment.form === "history" ? [segment.window] : [];
  });
}

test.each([
  ["C#: a range from the end", "A.cs", inCSharp("history[^6..]")],
  ["C#: TakeLast", "A.cs", inCSharp("history.TakeLast(6)")],
  ["C#: Skip, as a list", "A.cs", inCSharp("history.Skip(history.Count - 6).ToList()")],
  ["Kotlin: takeLast", "a.kt", inKotlin("history.takeLast(6)")],
  ["Kotlin: drop", "a.kt", inKotlin("history.drop(history.size - 6)")],
  ["Ruby: last", "a.rb", inRuby("history.last(6)")],
  ["Ruby: a range from the end", "a.rb", inRuby("history[-6..]")],
  ["Ruby: drop", "a.rb", inRuby("history.drop(history.size - 6)")],
  [
    "Java: subList",
    "A.java",
    `class A { String run(String q, List<ChatMessage> history) { List<ChatMessage> recent = history.subList(history.size() - 6, history.size()); List<ChatMessage> all = new ArrayList<>(); all.add(SystemMessage.from("${system}")); all.addAll(recent); all.add(UserMessage.from(q)); return model.chat(all).text(); } }`,
  ],
  [
    "PHP: array_slice",
    "a.php",
    `<?php function run($q, $history) { $recent = array_slice($history, -6); $messages = array_merge([['role' => 'system', 'content' => '${system}']], $recent); $messages[] = ['role' => 'user', 'content' => $q]; return $client->chat()->create(['model' => 'm', 'messages' => $messages]); }`,
  ],
  [
    "Rust: a slice",
    "a.rs",
    `async fn run(q: &str, history: Vec<Message>) { let recent = &history[history.len().saturating_sub(6)..]; let agent = client.agent("m").preamble("${system}").build(); agent.chat(q, recent.to_vec()).await }`,
  ],
  [
    "Go: a slice",
    "a.go",
    `package a\nfunc run(ctx context.Context, q string, history []openai.ChatCompletionMessageParamUnion) {\nrecent := history[len(history)-6:]\nall := append([]openai.ChatCompletionMessageParamUnion{openai.SystemMessage("${system}")}, recent...)\nclient.Chat.Completions.New(ctx, openai.ChatCompletionNewParams{Messages: append(all, openai.UserMessage(q))})\n}\n`,
  ],
])("%s", (_, path, text) => {
  const { value } = parseDocument({ path, text }, parseTools);
  const histories = value.flatMap(({ segments }) => windowsIn(segments));
  expect(histories).toEqual([{ keep: "messages", last: 6 }]);
});
