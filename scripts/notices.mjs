// Writes ThirdPartyNotices.txt: the licence of every package that is bundled, and of the grammars and vocabularies that ship.
//   node scripts/notices.mjs [--check]
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { bundle } from "./build.mjs";
import { isMain, root, say } from "./lib/run.mjs";

const output = join(root, "ThirdPartyNotices.txt");
const rule = "=".repeat(80);

// These are MIT by their package.json, and carry no licence text.
const bareMit = new Map([
  ["@microsoft/fast-element", "Copyright (c) Microsoft Corporation. All rights reserved."],
  ["@microsoft/fast-foundation", "Copyright (c) Microsoft Corporation. All rights reserved."],
  ["@microsoft/fast-web-utilities", "Copyright (c) Microsoft Corporation. All rights reserved."],
  ["@vscode/l10n", "Copyright (c) Microsoft Corporation. All rights reserved."],
]);

// The tokens come from these projects, by way of packages that are not bundled.
const vocabularies = [
  {
    title: "Vocabulary cl100k_base and o200k_base, from tiktoken (MIT)",
    files: ["cl100k.bin.gz", "o200k.bin.gz"],
    text: `Copyright (c) 2022 OpenAI, Shantanu Jain\n\n${licence("mit.txt")}`,
  },
  {
    title: "Vocabulary of Qwen3, from its tokenizer.json (Apache-2.0)",
    files: ["qwen3.bin.gz"],
    text: `Copyright 2024 Alibaba Cloud\nPacked into another layout; the tokens are unchanged.\n\n${licence("apache-2.0.txt")}`,
  },
  {
    title: "Vocabulary of DeepSeek-V3, from its tokenizer.json (MIT)",
    files: ["deepseek3.bin.gz"],
    text: `Copyright (c) 2023 DeepSeek\nPacked into another layout; the tokens are unchanged.\n\n${licence("mit.txt")}`,
  },
];

const mitOf = (/** @type {string[]} */ ...holders) =>
  `The MIT License (MIT)\n\n${holders.map((holder) => `Copyright (c) ${holder}`).join("\n")}\n\n${licence("mit.txt")}`;
const treeSitterMit = (/** @type {string} */ years) => mitOf(`${years} Max Brunsfeld`);

// Compiled by @vscode/tree-sitter-wasm, whose own licence stands with the packages.
const grammars = [
  { title: "Grammar tree-sitter-go (MIT)", text: treeSitterMit("2014") },
  { title: "Grammar tree-sitter-javascript (MIT)", text: treeSitterMit("2014") },
  {
    title: "Grammar tree-sitter-php (MIT)",
    text: mitOf(
      "2017 Josh Vera, GitHub",
      "2019 Max Brunsfeld, Amaan Qureshi, Christian Frøystad, Caleb White",
    ),
  },
  { title: "Grammar tree-sitter-java (MIT)", text: mitOf("2017 Ayman Nadeem") },
  {
    title: "Grammar tree-sitter-kotlin (MIT), compiled by @lumis-sh/wasm-kotlin (MIT)",
    text: mitOf("2018-2021 Max Brunsfeld", "2021 fwcd", "2025 Leandro Pereira"),
  },
  { title: "Grammar tree-sitter-python (MIT)", text: treeSitterMit("2016") },
  { title: "Grammar tree-sitter-rust (MIT)", text: mitOf("2017 Maxim Sokolov") },
  {
    title: "Grammar tree-sitter-c-sharp (MIT)",
    text: mitOf("2014-2023 Max Brunsfeld, Damien Guard, Amaan Qureshi, and contributors."),
  },
  { title: "Grammar tree-sitter-ruby (MIT)", text: mitOf("2016 Rob Rix") },
  { title: "Grammars tree-sitter-typescript and tree-sitter-tsx (MIT)", text: treeSitterMit("2017") },
];

/** The text that ThirdPartyNotices.txt should have: a function of the sources and of package-lock.json alone. */
export async function notices() {
  const folders = new Set([...(await bundledPackages()), "node_modules/@vscode/tree-sitter-wasm"]);
  const packages = [...folders].sort().map(packageSection);
  const data = [...grammars.map(section), ...vocabularySections()];
  const head = "Prompt Cache Lens contains the following third-party software and data.\n";
  return `${[head, ...packages, ...data].join(`\n${rule}\n\n`)}`;
}

export async function areNoticesCurrent() {
  return existsSync(output) && readFileSync(output, "utf8") === (await notices());
}

/** The folders of the packages from which anything has been bundled. @returns {Promise<Set<string>>} */
async function bundledPackages() {
  /** @type {Set<string>} */
  const found = new Set();
  for (const { result } of await bundle({
    only: [
      "extension",
      "extension.web",
      "analysis",
      "worker",
      "worker.web",
      "webview",
      "cli",
      "sweep-worker",
    ],
    production: true,
    write: false,
  })) {
    for (const path of Object.keys(result.metafile?.inputs ?? {})) {
      const match = /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path);
      if (match !== null) found.add(match[0].slice(match[0].indexOf("node_modules/")));
    }
  }
  return found;
}

/** @param {string} path */
function packageSection(path) {
  const folder = join(root, path);
  const { name, version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const texts = readdirSync(folder)
    .filter((file) => /^(licen[cs]e|copying|(copyright)?notices?)([.-]|$)/i.test(file))
    .sort()
    .map((file) => readFileSync(join(folder, file), "utf8").trim());
  const holder = bareMit.get(name);
  if (texts.length === 0 && holder !== undefined && license === "MIT")
    texts.push(`${holder}\n\n${licence("mit.txt")}`);
  if (texts.length === 0) throw new Error(`${name} carries no licence text: add it to scripts/notices.mjs`);
  return `${name} ${version} (${license})\n\n${normalise(texts.join("\n\n"))}\n`;
}

function vocabularySections() {
  const folder = join(root, "media/vocabularies");
  const shipped = existsSync(folder) ? readdirSync(folder).filter((file) => file.endsWith(".bin.gz")) : [];
  const unknown = shipped.filter((file) => !vocabularies.some(({ files }) => files.includes(file)));
  if (unknown.length > 0)
    throw new Error(`no licence is known for ${unknown.join(", ")}: add it to scripts/notices.mjs`);
  return vocabularies.filter(({ files }) => files.some((file) => shipped.includes(file))).map(section);
}

/** @param {{ title: string, text: string }} data */
function section({ title, text }) {
  return `${title}\n\n${normalise(text)}\n`;
}

/** @param {string} file */
function licence(file) {
  return readFileSync(join(root, "scripts/licences", file), "utf8").trimEnd();
}

/** @param {string} text */
function normalise(text) {
  return text.replaceAll("\r\n", "\n").replace(/[ \t]+$/gm, "");
}

if (isMain(import.meta.url)) {
  if (process.argv.includes("--check")) {
    const current = await areNoticesCurrent();
    say(
      current ? "ThirdPartyNotices.txt is current" : "ThirdPartyNotices.txt is out of date: npm run notices",
    );
    process.exitCode = current ? 0 : 1;
  } else {
    writeFileSync(output, await notices());
    say("wrote ThirdPartyNotices.txt");
  }
}
