/** Numbers for the text or the hole under the cursor. */
import { type Disposable, Hover, languages, MarkdownString } from "vscode";
import { t } from "../../words/l10n.ts";
import type { Analysis } from "./analysis.ts";
import { shownIn } from "./positions.ts";
import type { SettingsStore } from "./settings.ts";

const declareCommand = "promptCacheLens.declareScope";
const explainCommand = "promptCacheLens.explainPrompt";
const policyCommand = "promptCacheLens.selectPolicy";
const dashboardCommand = "promptCacheLens.showDashboard";
const enabledCommands = [
  ...[declareCommand, explainCommand, policyCommand, dashboardCommand],
  "promptCacheLens.chooseTokenizerFile",
];

function link(words: string, command: string, given?: unknown): string {
  const query = given === undefined ? "" : `?${encodeURIComponent(JSON.stringify([given]))}`;
  return `[${words}](command:${command}${query})`;
}

export function registerHover(analysis: Analysis, settings: SettingsStore): Disposable {
  return languages.registerHoverProvider(
    { pattern: "**" },
    {
      async provideHover(document, position) {
        const at = analysis.at(document.uri);
        if (at === null || !settings.current["hover.enabled"]) return null;
        const { analysed, path, text } = at;
        const offset = shownIn(document, text).offsetAt(position);
        if (offset === null) return null;
        const told = await analysis.ask(analysed.folder, { kind: "hover", path, offset });
        const hover = told?.kind === "hover" ? told.value : null;
        const range = hover && shownIn(document, text).toRange(hover.range);
        if (!hover || !range) return null;
        const here = { uri: document.uri.toString(), offset };
        const links = [
          ...(hover.isDeclarable ? [link(t("Declare how often it changes"), declareCommand, here)] : []),
          link(t("Explain this prompt"), explainCommand, here),
          link(t("Other policies"), policyCommand),
          link(t("Dashboard"), dashboardCommand),
        ];
        const content = new MarkdownString(`${hover.markdown}\n\n${links.join(" · ")}`);
        // Nothing else of what the text says may run.
        content.isTrusted = { enabledCommands };
        return new Hover(content, range);
      },
    },
  );
}
