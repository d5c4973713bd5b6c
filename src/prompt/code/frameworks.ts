/**
 * Frameworks and SDKs by what is called in them: where they take the text before the conversation, the conversation itself and
 * tools, and what they put into the prompt by themselves. A new one is one row. What all of them call alike (`system`,
 * `instructions`, `messages`, `prompt`, `tools`) is read without a row.
 */
import { inferred } from "../scope-inference.ts";
import type { HoleSegment } from "../template.ts";
import type { CallValue, CodeValue } from "./values.ts";

/** What a framework writes by itself where an argument asks for it. */
interface Addition {
  readonly argument: string;
  /** What is written: its name as a hole, and why it changes. */
  readonly name: string;
  readonly reason: string;
  readonly scope: "volatile" | "day" | "session";
}

export interface Framework {
  readonly name: string;
  /** As read, with the place. */
  readonly source: string;
  /** What is called, or the last names of it: `Agent`, `Runner.run`; several stand apart by blanks. */
  readonly calls: string;
  /** The module that it is imported from, where that is told; other rows hold where it is another one. */
  readonly module?: RegExp;
  /** Arguments of which at least one is given. */
  readonly needs: readonly string[];
  /** Names of arguments that are told by their position. */
  readonly positional?: readonly (string | null)[];
  /** Arguments that stand before the conversation, in the order in which they are sent. */
  readonly system?: readonly string[];
  /** Arguments that are the question. */
  readonly prompt?: readonly string[];
  /** Braces in the texts are places that the framework fills in. */
  readonly places?: "state";
  readonly additions?: readonly Addition[];
}

const clock = "volatile";

export const frameworks: readonly Framework[] = [
  {
    name: "CrewAI agent",
    source: "crewAI 1.6, src/crewai/agent/core.py and translations/en.json (role_playing)",
    calls: "Agent LiteAgent BaseAgent",
    needs: ["backstory", "goal"],
    system: ["role", "backstory", "goal"],
    places: "state",
    additions: [
      {
        argument: "inject_date",
        name: "current_date",
        reason: "CrewAI writes today's date into the task where `inject_date` is set",
        scope: "day",
      },
    ],
  },
  {
    name: "CrewAI task",
    source: "crewAI 1.6, src/crewai/task.py",
    calls: "Task ConditionalTask",
    needs: ["description", "expected_output"],
    prompt: ["description", "expected_output"],
    places: "state",
  },
  {
    name: "Agno",
    source: "agno 2.3, libs/agno/agno/agent/agent.py (get_system_message)",
    calls: "Agent Team",
    module: /^agno\b/,
    needs: ["description", "instructions", "system_message", "additional_context", "expected_output"],
    system: ["system_message", "description", "instructions", "expected_output", "additional_context"],
    additions: [
      {
        argument: "add_datetime_to_context",
        name: "current_datetime",
        reason: "agno writes `datetime.now()` with its microseconds into the system message",
        scope: clock,
      },
      {
        argument: "add_location_to_context",
        name: "location",
        reason: "agno writes where the program runs into the system message",
        scope: "session",
      },
    ],
  },
  {
    name: "Google ADK",
    source: "adk-python 1.19, src/google/adk/agents/llm_agent.py; adk-java, adk-go",
    calls: "Agent LlmAgent llmagent.New LlmAgent.builder.build",
    needs: ["instruction", "global_instruction", "static_instruction"],
    system: ["static_instruction", "global_instruction", "instruction"],
    places: "state",
  },
  {
    name: "OpenAI Agents SDK, a run",
    source:
      "openai-agents-python 0.6, src/agents/run.py; openai-agents-js 0.3, packages/agents-core/src/run.ts",
    calls: "Runner.run Runner.run_sync Runner.run_streamed",
    needs: ["input"],
    positional: [null, "input"],
    prompt: ["input"],
  },
  {
    name: "OpenAI Agents SDK, a model",
    source: "openai-agents-python 0.6, src/agents/models/interface.py",
    calls: "get_response stream_response",
    needs: ["system_instructions"],
    system: ["system_instructions"],
    prompt: ["input"],
  },
  {
    name: "DSPy signature",
    source: "dspy 3.0, dspy/signatures/signature.py",
    calls: "Signature make_signature",
    needs: ["instructions"],
    positional: ["signature", "instructions"],
    system: ["instructions"],
  },
  {
    name: "AutoGen and AG2",
    source:
      "autogen 0.7, autogen_agentchat/agents/_assistant_agent.py; ag2 0.10, autogen/agentchat/conversable_agent.py",
    calls: "AssistantAgent ConversableAgent UserProxyAgent GPTAssistantAgent CaptainAgent",
    needs: ["system_message", "instructions"],
    positional: ["name", "system_message"],
    system: ["system_message", "instructions"],
  },
  {
    name: "Pydantic AI",
    source: "pydantic-ai 1.2, pydantic_ai_slim/pydantic_ai/agent/__init__.py",
    calls: "Agent",
    module: /^pydantic_ai\b/,
    needs: ["instructions", "system_prompt"],
    system: ["system_prompt", "instructions"],
  },
  {
    name: "LangChain and LangGraph agents",
    source:
      "langchain 1.1, libs/langchain_v1/langchain/agents/factory.py; langgraph 1.0, prebuilt/chat_agent_executor.py",
    calls: "create_agent create_react_agent create_deep_agent createAgent createReactAgent createDeepAgent",
    needs: ["prompt", "system_prompt", "instructions", "state_modifier", "messages_modifier"],
    system: ["system_prompt", "prompt", "instructions", "state_modifier", "messages_modifier"],
  },
  {
    name: "LlamaIndex",
    source: "llama-index-core 0.14, llama_index/core/agent/workflow, chat_engine",
    calls: "FunctionAgent ReActAgent CodeActAgent AgentWorkflow as_chat_engine from_defaults from_tools",
    needs: ["system_prompt", "context"],
    system: ["system_prompt", "context"],
  },
  {
    name: "Haystack",
    source: "haystack 2.19, haystack/components/agents/agent.py, components/builders",
    calls: "Agent PromptBuilder ChatPromptBuilder",
    module: /^haystack\b/,
    needs: ["system_prompt", "template"],
    positional: ["template"],
    system: ["system_prompt"],
    prompt: ["template"],
  },
  {
    name: "inspect_ai",
    source: "inspect_ai 0.3, src/inspect_ai/solver/_prompt.py, agent/_react.py",
    calls:
      "system_message prompt_template user_message assistant_message react basic_agent chain_of_thought AgentPrompt",
    needs: ["template", "prompt", "instructions", "assistant_prompt", "submit_prompt", "init"],
    positional: ["template"],
    system: ["template", "prompt", "instructions", "init", "assistant_prompt", "submit_prompt"],
  },
  {
    name: "smolagents",
    source: "smolagents 1.22, src/smolagents/agents.py",
    calls: "CodeAgent ToolCallingAgent MultiStepAgent",
    needs: ["instructions", "system_prompt"],
    system: ["system_prompt", "instructions"],
  },
  {
    name: "Amazon Bedrock agents and Strands",
    source: "strands-agents 1.18, src/strands/agent/agent.py; boto3 1.41, bedrock-agent create_agent",
    calls: "Agent create_agent BedrockAgent createAgent",
    needs: ["system_prompt", "instruction"],
    system: ["system_prompt", "instruction"],
  },
  {
    name: "Genkit",
    source: "genkit 1.24, js/genkit/src/genkit.ts; genkit-go 1.2",
    calls: "definePrompt generate generateStream define_prompt",
    needs: ["system", "prompt", "messages"],
    system: ["system"],
    prompt: ["prompt"],
  },
  {
    name: "Mastra",
    source: "@mastra/core 0.24, packages/core/src/agent/agent.ts",
    calls: "Agent",
    module: /^@mastra\//,
    needs: ["instructions"],
    system: ["instructions"],
  },
  {
    name: "Semantic Kernel",
    source: "semantic-kernel 1.37, python/semantic_kernel/agents, functions/kernel_function_from_prompt.py",
    calls:
      "ChatCompletionAgent AzureAIAgent OpenAIAssistantAgent KernelFunctionFromPrompt add_function create_function_from_prompt invoke_prompt",
    needs: ["instructions", "prompt"],
    system: ["instructions"],
    prompt: ["prompt"],
  },
  {
    name: "Microsoft Agent Framework",
    source: "agent-framework 1.0 preview, python/packages/core/agent_framework/_agents.py",
    calls: "ChatAgent create_agent CreateAIAgent as_agent AsAIAgent",
    needs: ["instructions"],
    system: ["instructions"],
  },
  {
    name: "Koog tasks",
    source: "koog 0.5, agents/agents-ext/src/commonMain/kotlin/ai/koog/agents/ext/agent/SubgraphWithTask.kt",
    calls: "subgraphWithTask subgraphWithVerification",
    needs: ["task"],
    prompt: ["task"],
  },
  {
    name: "Claude Agent SDK",
    source: "claude-agent-sdk-python 0.1, src/claude_agent_sdk/types.py; claude-agent-sdk-typescript",
    calls: "ClaudeAgentOptions ClaudeCodeOptions AgentDefinition",
    needs: ["system_prompt", "append_system_prompt", "prompt"],
    system: ["system_prompt", "append_system_prompt", "prompt"],
  },
];

/** A text without one of these holds no call of a framework. */
export const frameworkWords: ReadonlySet<string> = new Set(
  frameworks.flatMap(({ calls }) => calls.split(" ").map((call) => call.replace(/\..*/, ""))),
);

const rowsByCallee = new Map<string, readonly Framework[]>();

/** Rows that a call may be in by its name alone; remembered, as most calls of a file are none. */
function rowsOf(callee: string): readonly Framework[] {
  const known = rowsByCallee.get(callee);
  if (known !== undefined) return known;
  const isCalled = (name: string) => callee === name || callee.endsWith(`.${name}`);
  const rows = frameworks.filter(({ calls }) => calls.split(" ").some(isCalled));
  if (rowsByCallee.size < mostNames) rowsByCallee.set(callee, rows);
  return rows;
}

const mostNames = 5000;

/** Whether a call may be one of a framework, by what is called. */
export function mayBeOfFramework(callee: string): boolean {
  return rowsOf(callee).length > 0;
}

/** The framework that a call belongs to; `null` for none. A row of its own module goes before the others. */
export function frameworkOf(call: CallValue): Framework | null {
  const rows = rowsOf(call.callee).filter((row) => {
    const isOther = row.module !== undefined && call.module !== null && !row.module.test(call.module);
    const isUnknown = row.module !== undefined && call.module === null;
    return !isOther && !isUnknown && row.needs.some((name) => argumentNamed(row, call, name) !== undefined);
  });
  return rows.find(({ module }) => module !== undefined) ?? rows[0] ?? null;
}

/** An argument by its name, in the way of Python or of others (`system_prompt`, `systemPrompt`), or by its position. */
export function argumentNamed(row: Framework, call: CallValue, name: string): CodeValue | undefined {
  const camel = name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
  const position = row.positional?.indexOf(name) ?? -1;
  return (
    call.named.get(name) ?? call.named.get(camel) ?? (position < 0 ? undefined : call.positional[position])
  );
}

/** The values that the framework writes by itself, as the arguments ask for it, each at its argument. */
export function additionsOf(row: Framework, call: CallValue): readonly HoleSegment[] {
  return (row.additions ?? []).flatMap(({ argument, name, reason, scope }): readonly HoleSegment[] => {
    const value = argumentNamed(row, call, argument);
    if (value === undefined || (value.kind === "literal" && value.value !== true)) return [];
    const { range } = value;
    const claim = inferred(scope, reason);
    return [{ kind: "hole", range, form: "variable", name, expression: argument, scope: claim }];
  });
}
