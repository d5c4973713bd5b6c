import { describe, expect, test } from "vitest";
import { matchVerdicts, readVerdicts, type ShownFinding } from "../../../src/hosts/cli/judge.ts";

const head = "repository\tcommit\tpath\tline\trule\tseverity\tverdict";
const row = (line: number, verdict: string, rule = "volatile-early") =>
  `org/repo\tabc\tprompts/a.j2\t${line}\t${rule}\twarning\t${verdict}`;

const finding = (line: number, rule = "volatile-early"): ShownFinding => ({
  ...{ repository: "repo", path: "prompts/a.j2", line, rule, severity: "warning", message: "" },
});

describe("verdicts", () => {
  test("are read by the names of their columns; a repository lies under its last part", () => {
    expect(readVerdicts(`${head}\r\n${row(3, "useful")}\r\n\r\n`, "v.tsv")).toEqual([
      {
        ...{ repository: "repo", path: "prompts/a.j2", line: 3, rule: "volatile-early" },
        ...{ severity: "warning", verdict: "useful" },
      },
    ]);
  });

  test.each([
    ["repository\tpath", "v.tsv has no column commit, line, rule, severity, verdict in its first line"],
    [`${head}\n${row(1, "good")}`, 'v.tsv, line 2, has the verdict "good"; write useful, trivial, wrong.'],
    [`${head}\n${row(0, "wrong")}`, 'v.tsv, line 2, has the line "0"; write a number from 1 on.'],
  ])("%j is refused", (text, message) => {
    expect(() => readVerdicts(text, "v.tsv")).toThrow(message);
  });

  test("belong to the nearest finding of their rule, one each; useful ones without any are lost", () => {
    const judged = readVerdicts(
      [head, row(10, "useful"), row(12, "wrong"), row(40, "useful"), row(50, "trivial", "rewrite")].join(
        "\n",
      ),
      "v.tsv",
    );
    const { findings, lost } = matchVerdicts(
      [finding(11), finding(12), finding(30), finding(50), finding(51, "rewrite")],
      judged,
    );
    expect(findings.map(({ line, verdict }) => [line, verdict])).toEqual([
      [11, "useful"],
      [12, "wrong"],
      [30, null],
      [50, null],
      [51, "trivial"],
    ]);
    expect(lost.map(({ line }) => line)).toEqual([40]);
  });
});
