/** The table of commands: what each takes, and what is said of it. */
import { describe, expect, it } from "vitest";
import { settingRows, settingsTable } from "../../../src/config/settings.ts";
import { flagOf, formatOption, parseArguments, type Syntax } from "../../../src/hosts/cli/command.ts";
import { commands } from "../../../src/hosts/cli/commands.ts";
import { commandHelp, overview } from "../../../src/hosts/cli/help.ts";

const withAll: Syntax<{ format: typeof formatOption }> = {
  name: "try",
  operands: null,
  about: "all settings",
  settings: settingRows.filter(([, { option }]) => option !== undefined).map(([key]) => key),
  options: { format: formatOption },
};

const analysisRows = settingRows.filter(([, { concern }]) => concern === "analysis");

describe("options of settings", () => {
  it.each(analysisRows)("%s", (key, { kind, fallback }) => {
    const others = { integer: kind.schema["maximum"], object: { enable_thinking: false } };
    const texts = ["20 GiB", "once", "41.5 %", "fp8"];
    const value =
      others[kind.schema["type"] as keyof typeof others] ?? texts.find((text) => kind.parse(text) !== null);
    expect(value, key).toBeDefined();
    const word = typeof value === "object" ? JSON.stringify(value) : value;
    expect(value).not.toEqual(fallback);
    expect(parseArguments(withAll, [`--${flagOf(key)}=${word}`]).chosen).toEqual({ [key]: value });
  });

  it("are all there, spelled as options are", () => {
    expect(withAll.settings.length).toBeGreaterThanOrEqual(13);
    expect(withAll.settings.map(flagOf)).toEqual(
      expect.arrayContaining(["model", "tensor-parallel", "chat-template", "max-file-bytes"]),
    );
  });

  it("say which files are read, and whatever is not given is the default", () => {
    const { reading, chosen, values } = parseArguments(
      withAll,
      "--include a --include b/** --max-file-bytes 1000".split(" "),
    );
    expect(reading).toEqual({ include: ["a", "b/**"], exclude: [], maxFileBytes: 1000, recordings: "skip" });
    expect(chosen).toEqual({});
    expect(values).toEqual({ format: "text" });
  });

  it("count once: the last one is in force", () => {
    expect(parseArguments(withAll, ["--turns", "2", "--turns", "5"]).chosen).toEqual({ turns: 5 });
  });

  it.each([
    [["--turns", "1001"], '--turns is "1001"; give a whole number from 1 to 1000.'],
    [["--turns", "0x10"], '--turns is "0x10"; give a whole number from 1 to 1000.'],
    [["--turns"], "Option '--turns <value>' argument missing"],
    [
      ["--chat-template-arguments", "{enable"],
      '--chat-template-arguments is "{enable"; give an object of JSON',
    ],
    [
      ["--model", " "],
      '--model is " "; give an id of the catalogue, or the path of a config.json or GGUF file.',
    ],
    [["--exclude", ""], '--exclude is ""; give a glob relative to the workspace'],
    [["--max-file-bytes", "999"], '--max-file-bytes is "999"; give a whole number from 1000 to 100000000.'],
    [["--format", "yaml"], '--format is "yaml"; give text or json.'],
    [["--trns", "2"], "There is no option --trns. Did you mean --turns?"],
  ])("%j", (args, message) => {
    expect(() => parseArguments(withAll, args)).toThrow(message);
  });
});

describe("commands", () => {
  it("have names of their own, and stand in the overview in their order", () => {
    const names = commands.map(({ name }) => name);
    expect(new Set(names).size).toBe(14);
    const lines = overview(commands)
      .split("\n")
      .filter((line) => line.startsWith("  "));
    expect(lines.map((line) => line.trim().split(" ")[0])).toEqual(names);
  });

  it.each(commands.map((command) => [command.name, command] as const))(
    "%s: its help has its options, each in a line of its own, with the default",
    (_, command) => {
      const help = commandHelp(command);
      expect(help).not.toContain("[object");
      expect(help).toContain(command.about);
      const flags = [...command.settings.map(flagOf), ...Object.keys(command.options)];
      expect(new Set(flags).size).toBe(flags.length);
      const shown = [...help.matchAll(/^ {2}--([a-z-]+)/gm)].map(([, flag]) => flag);
      expect(shown).toEqual(flags);
      if (command.settings.includes("gpu")) expect(help).toContain(`(default ${settingsTable.gpu.fallback})`);
    },
  );

  it.each(commands.map((command) => [command.name, command] as const))(
    "%s: refuses an option that it does not know",
    async (_, command) => {
      const host = { media: "", grammars: "", bundles: "", print: () => expect.unreachable() };
      await expect((async () => command.run(["--colour"], host))()).rejects.toThrow(
        "There is no option --colour.",
      );
    },
  );
});
