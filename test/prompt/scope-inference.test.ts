import { describe, expect, test } from "vitest";
import {
  declaredFor,
  declareScopes,
  inferCall,
  inferScope,
  isHistoryName,
} from "../../src/prompt/scope-inference.ts";
import { printSegments } from "../support/print-segments.ts";
import { readTemplate } from "../support/show-template.ts";

test.each([
  ["date.today", "day"],
  ["today", "day"],
  ["current_date", "day"],
  ["datetime.today", "volatile"],
  ["datetime.date.today", "day"],
  ["datetime.datetime.today", "volatile"],
  ["uuid4", "volatile"],
])("the call of %s is %s", (name, scope) => {
  expect(inferCall(name, []).scope).toBe(scope);
});

describe("what a name tells", () => {
  test.each([
    ["now", "volatile"],
    ["today", "day"],
    ["current_date", "day"],
    ["currentTime", "volatile"],
    ["date_str", "day"],
    ["runtime_info.date", "day"],
    ["timestamp", "volatile"],
    ["session.uuid", "volatile"],
    ["request_id", "volatile"],
    ["nonce", "volatile"],
    ["update", "request"],
    ["candidate", "request"],
    ["birth_date", "request"],
    ["customer.birthDate", "session"],
    ["order.date", "request"],
    ["date_format", "constant"],
    ["uuid_regex", "constant"],
    ["timestamp_format", "constant"],
    ["now_supported", "constant"],
    ["random_seed_policy", "constant"],
    ["random_seed", "constant"],
    ["session_timeout", "constant"],
    ["sessionTimeout", "constant"],
    ["query_pattern", "constant"],
    ["user_timeout", "session"],
    ["tenant_policy", "tenant"],
    ["random_examples", "volatile"],
    ["uuid_str", "volatile"],
    ["react_template_path", "constant"],
    ["project_path", "session"],
    ["action_splitter", "constant"],
    ["timezone", "tenant"],
    ["time_zone", "tenant"],
    ["question", "request"],
    ["user_input", "request"],
    ["userQuery", "request"],
    ["retrieved_documents", "request"],
    ["doc.title", "request"],
    ["customer.name", "session"],
    ["user_email", "session"],
    ["firstName", "session"],
    ["chat_history", "session"],
    ["session_id", "session"],
    ["user_instructions", "session"],
    ["tenant.name", "tenant"],
    ["company_policy", "tenant"],
    ["locale", "tenant"],
    ["user.preferences.language", "session"],
    ["workspace_dir", "session"],
    ["tools", "constant"],
    ["format_instructions", "constant"],
    ["few_shot_examples", "constant"],
    ["output_schema", "constant"],
    ["system_message", "constant"],
    ["name", "session"],
    ["tool.name", "constant"],
    ["document.name", "request"],
    ["cli_mode", "constant"],
    ["enable_thinking", "constant"],
    ["xyz", "request"],
    ["current_date_time", "volatile"],
    ["max_entities", "constant"],
    ["is_admin_user", "constant"],
    ["agent_name", "constant"],
    ["sql_dialect", "constant"],
    ["options.topicNarration", "constant"],
    ["topicUpdateNarration", "request"],
    ["step_by_step_plan", "request"],
    ["configurable.question", "constant"],
    ["user_prompt", "request"],
    ["search_query_prompt", "request"],
    ["tone_prompt", "constant"],
    ["skill.description", "constant"],
    ["skill.path", "constant"],
    ["self.path", "session"],
    ["agent_output", "request"],
    ["roles", "constant"],
    ["draft_report", "request"],
    ["report_type", "constant"],
  ])("%s is %s", (name, scope) => {
    expect(inferScope(name).scope).toBe(scope);
  });

  test("a prompt that is named for a part of the program is not what is asked", () => {
    expect(["mcp_prompt", "base_prompt", "prompt"].map((name) => inferScope(name).basis)).toEqual([
      "unknown",
      "unknown",
      "inferred",
    ]);
  });

  test("reasons can be read in a hover", () => {
    expect(
      ["today", "current_time", "customer.name", "tools", "xyz"].map((name) => inferScope(name).reason),
    ).toMatchInlineSnapshot(`
      [
        ""today" speaks of the day",
        ""time" speaks of the clock",
        ""customer" speaks of one person: the same within a conversation",
        ""tools" speaks of something that is fixed at deployment",
        "nothing is known of \`xyz\`: counted as new in every call",
      ]
    `);
  });
});

test.each([
  ["history", true],
  ["chat_history", true],
  ["chatHistory", true],
  ["previous_messages", true],
  ["messages", true],
  ["conversation", true],
  ["conversation.turns", true],
  ["agent_scratchpad", true],
  ["order_history", false],
  ["error_messages", false],
  ["message", false],
  ["conversation_id", false],
])("%s is the earlier turns: %s", (name, expected) => {
  expect(isHistoryName(name)).toBe(expected);
});

test("calls change with their name, or with what they are given", () => {
  const given = [inferScope("tools"), inferScope("question")];
  expect([
    inferCall("now", []),
    inferCall("datetime.utcnow", []),
    inferCall("render", given),
    inferCall("load", []),
  ]).toMatchInlineSnapshot(`
    [
      {
        "basis": "inferred",
        "reason": "\`now()\` gives another value each time",
        "scope": "volatile",
      },
      {
        "basis": "inferred",
        "reason": "\`datetime.utcnow()\` gives another value each time",
        "scope": "volatile",
      },
      {
        "basis": "inferred",
        "reason": ""question" speaks of what one call is about: new in every call",
        "scope": "request",
      },
      {
        "basis": "unknown",
        "reason": "nothing is known of \`load()\`: counted as new in every call",
        "scope": "request",
      },
    ]
  `);
});

describe("declared scopes", () => {
  const declarations = new Map([
    ["customer", "tenant"],
    ["customer.cart", "request"],
    ["docs", "session"],
  ] as const);

  test("the longest owner of a name decides", () => {
    expect(declaredFor("customer.name", declarations)).toBe("tenant");
    expect(declaredFor("customer.cart[0].title", declarations)).toBe("request");
    expect(declaredFor("customers", declarations)).toBeNull();
  });

  test("take the place of inferred ones, in loops too", () => {
    const template = readTemplate(
      "a.j2",
      "{{ customer.name }}{% for doc in docs %}{{ doc.title }}{% endfor %}{% if customer.vip %}{{ x }}{% endif %}",
    );
    const { segments } = declareScopes(template, declarations, "declared in promptcache.json");
    expect(printSegments(segments)).toMatchInlineSnapshot(`
      "{customer.name} [tenant!]
      for doc in docs [session!]
        {doc.title} [session!]
      if customer.vip [tenant!]
        {x} [request]"
    `);
  });

  test("what the template declares itself stays", () => {
    const template = readTemplate("a.j2", "{# promptcache: customer=session #}{{ customer.name }}");
    const { segments } = declareScopes(template, declarations, "declared in promptcache.json");
    expect(printSegments(segments)).toBe("{customer.name} [session!]");
  });
});
