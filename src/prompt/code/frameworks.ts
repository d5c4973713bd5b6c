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
  /** The project, the commit that was read, and the place. */
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
  /** The texts have places that the framework fills in: names in braces, or what Jinja2 or Dotprompt reads. */
  readonly places?: "state" | "jinja" | "dotprompt";
  /** Set where the first argument is an object of options, and the next one the text, or a function that gives more options. */
  readonly optionsFirst?: true;
  readonly additions?: readonly Addition[];
}

const clock = "volatile";

export const frameworks: readonly Framework[] = [
  {
    name: "CrewAI agent",
    source: "crewAI at 271ca98, lib/crewai/src/crewai/agent/core.py and translations/en.json (role_playing)",
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
    source: "crewAI at 271ca98, lib/crewai/src/crewai/task.py",
    calls: "Task ConditionalTask",
    needs: ["description", "expected_output"],
    prompt: ["description", "expected_output"],
    places: "state",
  },
  {
    name: "Agno",
    source: "agno at 80d355e, libs/agno/agno/agent/agent.py (get_system_message)",
    calls: "Agent Team",
    module: /^agno\b/,
    needs: ["description", "instructions", "system_message", "additional_context", "expected_output"],
    system: [
      "system_message",
      "description",
      "role",
      "instructions",
      "expected_output",
      "additional_context",
    ],
    additions: [
      {
        argument: "add_datetime_to_context",
        name: "current_datetime",
        reason: "agno writes `datetime.now()` with its microseconds into the system message",
        scope: clock,
      },
      {
        argument: "add_datetime_to_instructions",
        name: "current_datetime",
        reason: "agno 1 writes `datetime.now()` with its microseconds into the system message",
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
    source: "adk-python at 4324d9b, src/google/adk/agents/llm_agent.py; adk-java and adk-go alike",
    calls: "Agent LlmAgent llmagent.New LlmAgent.builder.build",
    needs: ["instruction", "global_instruction", "static_instruction"],
    system: ["static_instruction", "global_instruction", "instruction"],
    places: "state",
  },
  {
    name: "OpenAI Agents SDK, a run",
    source: "openai-agents-python at 9f63bfd, src/agents/run.py",
    calls: "Runner.run Runner.run_sync Runner.run_streamed",
    needs: ["input"],
    positional: [null, "input"],
    prompt: ["input"],
  },
  {
    name: "OpenAI Agents SDK, a model",
    source: "openai-agents-python at 9f63bfd, src/agents/models/interface.py",
    calls: "get_response stream_response",
    needs: ["system_instructions"],
    system: ["system_instructions"],
    prompt: ["input"],
  },
  {
    name: "DSPy signature",
    source: "dspy at 2844eb5, dspy/signatures/signature.py; signatures with fields are read in dspy.ts",
    calls:
      "Signature make_signature Predict ChainOfThought ProgramOfThought CodeAct ReAct MultiChainComparison",
    needs: ["instructions"],
    positional: ["signature", "instructions"],
    system: ["instructions"],
  },
  {
    name: "AutoGen and AG2",
    source:
      "autogen at 3668867, autogen_agentchat/agents/_assistant_agent.py; ag2 at 5b109b0, autogen/agentchat/conversable_agent.py",
    calls: "AssistantAgent ConversableAgent UserProxyAgent GPTAssistantAgent CaptainAgent",
    needs: ["system_message", "instructions"],
    positional: ["name", "system_message"],
    system: ["system_message", "instructions"],
  },
  {
    name: "Pydantic AI",
    source: "pydantic-ai at 393dac6, pydantic_ai_slim/pydantic_ai/agent/__init__.py",
    calls: "Agent",
    module: /^pydantic_ai\b/,
    needs: ["instructions", "system_prompt"],
    system: ["system_prompt", "instructions"],
  },
  {
    name: "LangChain and LangGraph agents",
    source: "langchain at 8ca2695, libs/langchain_v1/langchain/agents/factory.py; langgraph.prebuilt alike",
    calls: "create_agent create_react_agent create_deep_agent createAgent createReactAgent createDeepAgent",
    needs: ["prompt", "system_prompt", "instructions", "state_modifier", "messages_modifier"],
    system: ["system_prompt", "prompt", "instructions", "state_modifier", "messages_modifier"],
  },
  {
    name: "LlamaIndex",
    source: "llama_index at 6592809, llama_index/core/agent/workflow and chat_engine",
    calls: "FunctionAgent ReActAgent CodeActAgent AgentWorkflow as_chat_engine from_defaults from_tools",
    needs: ["system_prompt", "context"],
    system: ["system_prompt", "context"],
  },
  {
    name: "Haystack",
    source: "haystack at d474bfc, haystack/components/agents/agent.py",
    calls: "Agent",
    module: /^haystack\b/,
    needs: ["system_prompt"],
    system: ["system_prompt"],
  },
  {
    name: "Haystack builders",
    source: "haystack at d474bfc, haystack/components/builders: both render their texts with Jinja2",
    calls: "PromptBuilder ChatPromptBuilder",
    module: /^haystack\b/,
    needs: ["template"],
    positional: ["template"],
    prompt: ["template"],
    places: "jinja",
  },
  {
    name: "inspect_ai",
    source: "inspect_ai at f405c9f, src/inspect_ai/solver/_prompt.py and agent/_react.py",
    calls:
      "system_message prompt_template user_message assistant_message react basic_agent chain_of_thought AgentPrompt",
    needs: ["template", "prompt", "instructions", "assistant_prompt", "submit_prompt", "init"],
    positional: ["template"],
    system: ["template", "prompt", "instructions", "init", "assistant_prompt", "submit_prompt"],
  },
  {
    name: "smolagents",
    source: "smolagents at af8a829, src/smolagents/agents.py",
    calls: "CodeAgent ToolCallingAgent MultiStepAgent",
    needs: ["instructions", "system_prompt"],
    system: ["system_prompt", "instructions"],
  },
  {
    name: "Amazon Bedrock agents and Strands",
    source:
      "strands-agents/sdk-python at d1e5cf0, src/strands/agent/agent.py; boto3, bedrock-agent create_agent",
    calls: "Agent create_agent BedrockAgent createAgent",
    needs: ["system_prompt", "instruction"],
    system: ["system_prompt", "instruction"],
  },
  {
    name: "Genkit prompts",
    source:
      "genkit at 7dccae2, js/ai/src/prompt.ts: texts are rendered as Dotprompt, functions give them as they are",
    calls: "definePrompt define_prompt",
    needs: ["system", "prompt", "messages", "template"],
    positional: [null, "template"],
    optionsFirst: true,
    system: ["system"],
    prompt: ["prompt", "template"],
    places: "dotprompt",
  },
  {
    name: "Genkit",
    source: "genkit at 7dccae2, js/genkit/src/genkit.ts",
    calls: "generate generateStream",
    needs: ["system", "prompt", "messages"],
    system: ["system"],
    prompt: ["prompt"],
  },
  {
    name: "Genkit, a text alone",
    source: "genkit at 7dccae2, js/genkit/src/genkit.ts: what genkit() gives is called `ai`",
    calls: "ai.generate ai.generateStream",
    needs: ["text"],
    positional: ["text"],
    prompt: ["text"],
  },
  {
    name: "Mastra",
    source: "mastra at d8692fd, packages/core/src/agent/agent.ts",
    calls: "Agent",
    module: /^@mastra\//,
    needs: ["instructions"],
    system: ["instructions"],
  },
  {
    name: "Semantic Kernel",
    source:
      "semantic-kernel at aacf565, python/semantic_kernel/functions/kernel_function_from_prompt.py and agents",
    calls:
      "ChatCompletionAgent AzureAIAgent OpenAIAssistantAgent KernelFunctionFromPrompt add_function create_function_from_prompt invoke_prompt",
    needs: ["instructions", "prompt"],
    system: ["instructions"],
    prompt: ["prompt"],
  },
  {
    name: "Microsoft Agent Framework",
    source: "agent-framework at 20cc47c, python/packages/core/agent_framework/_agents.py",
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
    source:
      "claude-agent-sdk-python at ae8f4d8, src/claude_agent_sdk/types.py; claude-agent-sdk-typescript alike",
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

/**
 * The call with the options that its first argument holds, and those that a function behind them gives:
 * `ai.definePrompt({ name }, async (input) => ({ messages: […] }))`; any other call as it is.
 */
export function withOptionsFirst(call: CallValue): CallValue {
  if (!rowsOf(call.callee).some(({ optionsFirst }) => optionsFirst === true)) return call;
  const [options, more] = call.positional;
  const made = more?.kind === "function" ? more.returned() : null;
  const records = [options, made].filter((value) => value?.kind === "record");
  const entries = records.flatMap((record) => record.entries.map(({ key, value }) => [key, value] as const));
  const positional = made?.kind === "record" ? [] : call.positional;
  return { ...call, positional, named: new Map([...entries, ...call.named]) };
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
