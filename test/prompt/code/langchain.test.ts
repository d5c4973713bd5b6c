/** Templates of LangChain: what they are given elsewhere, and where it is given. */
import { expect, test } from "vitest";
import { said } from "../../support/say-template.ts";

const porter = "You are the porter of a museum.";
const template = `ChatPromptTemplate.from_messages([("system", "${porter} It is {mark}."), ("human", "{request}")])`;
const clocked = `request: <system>${porter} It is {mark volatile}.<user>{request request}`;
const unknown = `request: <system>${porter} It is {mark request}.<user>{request request}`;
const german = `request: <system>${porter} It is noon.<user>{request request}`;

const python: readonly (readonly [what: string, code: string, sent: string])[] = [
  [
    "where the chain is called",
    `p = ${template}\ndef run(request):\n    chain = p | llm\n    return chain.invoke({"mark": datetime.now(), "request": request})\n`,
    clocked,
  ],
  [
    "where a chain without a name is called",
    `p = ${template}\ndef run(request):\n    return (p | llm | parser).invoke({"mark": datetime.now(), "request": request})\n`,
    clocked,
  ],
  [
    "where a chain of a function is called",
    `p = ${template}\ndef chain():\n    return p | llm\ndef run(request):\n    return chain().invoke({"mark": datetime.now(), "request": request})\n`,
    clocked,
  ],
  [
    "where a chain of a field is called",
    `class Porter:\n    def __init__(self):\n        self.p = ${template}\n        self.chain = self.p | llm\n    def run(self, request):\n        return self.chain.invoke({"mark": datetime.now(), "request": request})\n`,
    clocked,
  ],
  [
    "by what stands in front of it",
    `p = ${template}\nchain = {"mark": lambda _: datetime.now(), "request": RunnablePassthrough()} | p | llm\ndef run(q):\n    return chain.invoke(q)\n`,
    clocked,
  ],
  [
    "by what is added in front of it",
    `p = ${template}\nchain = RunnablePassthrough.assign(mark=lambda _: datetime.now()) | p | llm\ndef run(q):\n    return chain.invoke({"request": q})\n`,
    clocked,
  ],
  [
    "where it is formatted",
    `p = ${template}\ndef run(request):\n    return p.format_messages(mark=datetime.now(), request=request)\n`,
    clocked,
  ],
  ["in a part", `p = ${template}.partial(mark=lambda: datetime.now())\n`, clocked],
  [
    "in a part of a name, by a function of a name",
    `def mark():\n    now = datetime.now()\n    return now.isoformat()\np = ${template}\nq = p.partial(mark=mark)\n`,
    clocked,
  ],
  ["a constant in a part", `p = ${template}.partial(mark="noon")\n`, german],
  [
    "a constant beside what is new",
    `p = ${template}\ndef run(request):\n    return (p | llm).invoke({"mark": "noon", "request": request})\n`,
    german,
  ],
  [
    "nothing but constants, which is a trial",
    `p = ${template}\nprint((p | llm).invoke({"mark": "noon", "request": "Where is the café?"}))\n`,
    unknown,
  ],
  [
    "two constants, in two places",
    `p = ${template}\ndef run(request):\n    return (p | llm).invoke({"mark": "noon", "request": request})\ndef late(request):\n    return (p | llm).invoke({"mark": "night", "request": request})\n`,
    unknown,
  ],
  [
    "nothing, where another step comes first",
    `p = ${template}\ndef run(request):\n    return (retriever | p | llm).invoke({"mark": datetime.now(), "request": request})\n`,
    unknown,
  ],
  [
    "variables that it is made with",
    `p = PromptTemplate(template="${porter} It is {mark}.", partial_variables={"mark": lambda: datetime.now()})\n`,
    `request: ${porter} It is {mark volatile}.`,
  ],
];

test.each(python)("a template is given %s", (_, code, sent) => {
  expect(said("a.py", `from datetime import datetime\n${code}`)).toEqual([sent]);
});

test("a template of JavaScript is given what its chain is called with", () => {
  const code = `const p = ChatPromptTemplate.fromMessages([["system", "${porter} It is {mark}."], ["human", "{request}"]]);\nexport const run = (request: string) => p.pipe(llm).invoke({ mark: new Date(), request });\n`;
  expect(said("a.ts", code)).toEqual([clocked]);
});

test.each([
  ["a.py", 'def ask(q):\n    return llm.invoke([("system", "Short and polite."), ("human", q)])\n'],
  [
    "a.ts",
    'export const ask = (q: string) => llm.invoke([["system", "Short and polite."], ["human", q]]);\n',
  ],
])("pairs are messages, whatever they say: %s", (path, code) => {
  expect(said(path, code)).toEqual(["request: <system>Short and polite.<user>{q request}"]);
});
