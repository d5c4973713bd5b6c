import { strict as assert } from "node:assert";
import { commands, type Uri, window } from "vscode";
import {
  deleteFile,
  diagnosticsOf,
  edit,
  findingsOf,
  lensesOf,
  numberIn,
  open,
  rangeOf,
  reportText,
  restoreWorkspace,
  rowOf,
  setText,
  until,
  uriOf,
  writeFile,
} from "./support.ts";

const prose = "You write the notes of a harbour master, who reads them aloud every morning. ".repeat(12);

describe("files", () => {
  const agent = uriOf("prompts/support-agent.j2");

  before(() => until("there is a report", () => diagnosticsOf(agent).length > 0));
  afterEach(restoreWorkspace);

  /** Why the report left a file out; everything else has to be there still. */
  async function reasonFor(path: string): Promise<string> {
    const report = await until(`${path} is named`, async () => {
      const text = await reportText();
      return text.includes(`- ${path}: `) && text;
    });
    assert.doesNotMatch(report, /analysis failed/);
    assert.ok(rowOf(report, "prompts/support-agent.j2"), "the other prompts are still there");
    assert.equal(rowOf(report, path), undefined);
    return new RegExp(`^- ${path.replaceAll(".", "\\.")}: (.*)$`, "m").exec(report)![1]!;
  }

  /** The editor's watcher loses an event now and then, on a busy machine: a program that goes on writing is seen. */
  async function seenWhereWritten(uri: Uri): Promise<void> {
    const writesPerSecond = 0.5;
    let written = 0;
    const start = Date.now();
    await until("the change is found", async () => {
      if (written <= ((Date.now() - start) / 1000) * writesPerSecond) {
        const lines = "\n".repeat(++written);
        await writeFile("prompts/notes.j2", `{{ now }}\n${prose}${lines}{{ question }}\n`);
      }
      return findingsOf(uri, "volatile-early").length > 0;
    });
  }

  it("takes up a prompt that is created, and forgets one that is deleted", async () => {
    await writeFile("prompts/notes.j2", `{{ now }}\n${prose}\n{{ question }}\n`);
    const uri = uriOf("prompts/notes.j2");
    await until("the new prompt is found wanting", () => findingsOf(uri, "volatile-early").length > 0);
    await deleteFile("prompts/notes.j2");
    await until("its findings have gone", () => diagnosticsOf(uri).length === 0);
    await until("the report forgets it", async () => !(await reportText()).includes("prompts/notes.j2"));
  });

  it("forgets one that is deleted while an editor that changed it shows it", async () => {
    await writeFile("prompts/notes.j2", `${prose}\n{{ question }}\n`);
    const document = await open("prompts/notes.j2");
    await setText(document, `{{ now }}\n${prose}\n{{ question }}\n`);
    await document.save();
    await until("what was saved counts", () => findingsOf(document.uri, "volatile-early").length > 0);
    await deleteFile("prompts/notes.j2");
    await until("the report forgets it", async () => !(await reportText()).includes("prompts/notes.j2"));
  });

  it("sees what another program writes over what an editor has saved", async () => {
    await writeFile("prompts/notes.j2", `${prose}\n{{ question }}\n`);
    const document = await open("prompts/notes.j2");
    await setText(document, `${prose}\n${prose}\n{{ question }}\n`);
    await document.save();
    await until("the prompt is read", async () => rowOf(await reportText(), "prompts/notes.j2"));
    await seenWhereWritten(document.uri);
  });

  it("sees what another program writes", async () => {
    await writeFile("prompts/notes.j2", `${prose}\n{{ question }}\n`);
    await until("the prompt is read", async () => rowOf(await reportText(), "prompts/notes.j2"));
    await seenWhereWritten(uriOf("prompts/notes.j2"));
  });

  it("reads a file that a prompt includes, though it is no prompt by itself", async () => {
    const tokensOf = async () => {
      const row = rowOf(await reportText(), "prompts/letter.j2");
      return row !== undefined && numberIn(row[1]);
    };
    await writeFile("legal/terms.md", "Short.\n");
    await writeFile("prompts/letter.j2", '{% include "../legal/terms.md" %}\n{{ question }}\n');
    const before = await until("the prompt is read", tokensOf);
    await writeFile("legal/terms.md", prose);
    await until("the change of what it includes counts", async () => Number(await tokensOf()) > before + 100);
  });

  for (const [path, text, marked] of [
    [
      "prompts/notes.json",
      JSON.stringify([
        { role: "system", content: `Say "good morning".\n\tAt {{ now }}, harbour é:\n${prose}` },
        { role: "user", content: "{{ question }}" },
      ]).replaceAll("é", "\\u00e9"),
      "{{ now }}",
    ],
    [
      "app/notes.py",
      `def answer(client, now, question):
    system = f"Good morning \\u00e9, it is {now}.\\n${prose}"
    messages = [{"role": "system", "content": system}, {"role": "user", "content": question}]
    return client.chat.completions.create(model="m", messages=messages)
`,
      "{now}",
    ],
  ] as const) {
    it(`marks the very characters of a hole behind escapes in ${path}`, async () => {
      await writeFile(path, text);
      const document = await open(path);
      const [found, ...others] = await until("the hole is found", () => {
        const all = findingsOf(document.uri, "volatile-early");
        return all.length > 0 && all;
      });
      assert.deepEqual(others, []);
      assert.deepEqual(found?.range, rangeOf(document, marked));
    });
  }

  it("leaves out a binary file", async () => {
    await writeFile("prompts/picture.j2", Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 0, 0, 0, 13, 0xff]));
    assert.match(await reasonFor("prompts/picture.j2"), /binary/);
  });

  it("leaves out what is no UTF-8", async () => {
    await writeFile("prompts/latin1.j2", Uint8Array.from([...Buffer.from(prose), 0xe9, 0x20, 0x41]));
    assert.match(await reasonFor("prompts/latin1.j2"), /UTF-8/);
  });

  it("leaves out a template of more than 5 MB, also when it is open", async () => {
    await writeFile("prompts/huge.j2", `{{ now }}\n${prose.repeat(5800)}`);
    assert.match(await reasonFor("prompts/huge.j2"), /MiB, more than/);
    const document = await open("prompts/huge.j2");
    await window.showTextDocument(document);
    await edit(document, [[rangeOf(document, "{{ now }}"), "{{ later }}"]]);
    assert.match(await reasonFor("prompts/huge.j2"), /MiB, more than/);
    assert.deepEqual(await lensesOf(document.uri), []);
    await commands.executeCommand("workbench.action.revertAndCloseActiveEditor");
  });

  it("does not mind a file that vanishes while it is read and analysed", async () => {
    for (let i = 0; i < 3; i++) {
      await writeFile("prompts/fleeting.j2", `{{ now }}\n${prose}\n`);
      const refreshed = commands.executeCommand("promptCacheLens.refresh");
      await deleteFile("prompts/fleeting.j2");
      await refreshed;
    }
    await until("the report knows nothing of it", async () => {
      const text = await reportText();
      return rowOf(text, "prompts/support-agent.j2") !== undefined && !text.includes("fleeting");
    });
    assert.doesNotMatch(await reportText(), /analysis failed/);
    // An analysis that had begun while it was there may have told of it meanwhile; the next one takes that back.
    await until("nothing is marked in it", () => diagnosticsOf(uriOf("prompts/fleeting.j2")).length === 0);
  });

  it("keeps every prompt readable when the partial that they include is deleted", async () => {
    await writeFile("prompts/partials/tide.j2", prose);
    await writeFile("prompts/tide.j2", '{% include "partials/tide.j2" %}\n{{ question }}\n');
    const tokens = () => reportText().then((text) => rowOf(text, "prompts/tide.j2")?.[1]);
    await until("the partial is counted", async () => Number((await tokens())?.replaceAll(",", "")) > 150);
    await deleteFile("prompts/partials/tide.j2");
    const [problem] = await until("the include is marked", () => {
      const all = diagnosticsOf(uriOf("prompts/tide.j2"));
      return all.length > 0 && all;
    });
    assert.match(problem?.message ?? "", /partials\/tide\.j2/);
    assert.doesNotMatch(await reportText(), /analysis failed/);
  });

  it("takes hostile text as text", async () => {
    const hostile = `{{ "\\u0000" }}<script>alert(1)</script>|\`\`\`[x](command:evil) \u202e\ud800 ${"{{".repeat(500)}`;
    const document = await open("prompts/support-agent-fixed.j2");
    await setText(document, hostile);
    await until("the text is read", () => diagnosticsOf(document.uri).length > 0);
    assert.doesNotMatch(await reportText(), /analysis failed/);
  });
});
