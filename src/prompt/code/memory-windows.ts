/** Memories of frameworks that keep so much of a conversation, by how code sets them up; the number is what stays. */
import type { HistoryWindow } from "../template.ts";

interface MemoryWindow {
  readonly keep: HistoryWindow["keep"];
  readonly pattern: RegExp;
  /** Project, and where that is written. */
  readonly source: string;
}

const number = "([0-9][0-9_]{0,8})";
const behind = (name: string) => new RegExp(`\\b${name}\\b\\s{0,4}[=:(]\\s{0,4}${number}`, "g");

export const memoryWindows: readonly MemoryWindow[] = [
  {
    keep: "messages",
    pattern: behind("n_messages"),
    source: "LangChain: langchain_core/prompts/chat.py, MessagesPlaceholder",
  },
  {
    keep: "turns",
    pattern: new RegExp(`\\bConversationBufferWindowMemory\\([^)]{0,200}\\bk\\s{0,4}=\\s{0,4}${number}`, "g"),
    source: "LangChain: langchain/memory/buffer_window.py",
  },
  {
    keep: "messages",
    pattern: new RegExp(
      `\\bBufferedChatCompletionContext\\([^)]{0,200}\\bbuffer_size\\s{0,4}=\\s{0,4}${number}`,
      "g",
    ),
    source: "AutoGen: autogen_core/model_context/_buffered_chat_completion_context.py",
  },
  {
    keep: "turns",
    pattern: behind("num_history_(?:runs|responses)"),
    source: "agno: libs/agno/agno/agent/agent.py",
  },
  {
    keep: "messages",
    pattern: behind("lastMessages"),
    source: "Mastra: packages/core/src/memory/types.ts",
  },
  {
    keep: "messages",
    pattern: behind("withMaxMessages"),
    source: "LangChain4j: MessageWindowChatMemory",
  },
  {
    keep: "tokens",
    pattern: behind("withMaxTokens"),
    source: "LangChain4j: TokenWindowChatMemory",
  },
  {
    keep: "messages",
    pattern: new RegExp(`\\bMessageWindowChatMemory\\b[^;]{0,200}\\.maxMessages\\(\\s{0,4}${number}`, "g"),
    source: "Spring AI: spring-ai-model, MessageWindowChatMemory",
  },
  {
    keep: "tokens",
    pattern: new RegExp(`\\bChatMemoryBuffer\\b[^)]{0,200}\\btoken_limit\\s{0,4}=\\s{0,4}${number}`, "g"),
    source: "LlamaIndex: llama_index/core/memory/chat_memory_buffer.py",
  },
  {
    keep: "messages",
    pattern: new RegExp(
      `\\bSlidingWindowConversationManager\\([^)]{0,200}\\bwindow_size\\s{0,4}=\\s{0,4}${number}`,
      "g",
    ),
    source: "Strands: strands/agent/conversation_manager/sliding_window_conversation_manager.py",
  },
];
