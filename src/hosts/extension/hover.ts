/** Numbers for the text or the hole under the cursor. */
import { type Disposable, Hover, languages, MarkdownString } from "vscode";
import { hoverMarkdown } from "../../show/hover-markdown.ts";
import { segmentsAt } from "../../show/report-lookup.ts";
import { shiftBetween } from "../../show/text-shift.ts";
import type { Analysis } from "./analysis.ts";
import { rangesIn } from "./positions.ts";
import type { SettingsStore } from "./settings.ts";

export function registerHover(analysis: Analysis, settings: SettingsStore): Disposable {
  return languages.registerHoverProvider(
    { pattern: "**" },
    {
      provideHover(document, position) {
        const at = analysis.at(document.uri);
        if (at === null || !settings.current["hover.enabled"]) return null;
        const { analysed, path, text } = at;
        const offset = document.offsetAt(position);
        const back = shiftBetween(document.getText(), text)({ start: offset, end: offset });
        if (back === null) return null;
        const uses = segmentsAt(analysed.report, path, back.start);
        const range = uses[0] && rangesIn(document, text)(uses[0].segment.range);
        if (!range) return null;
        const content = new MarkdownString(hoverMarkdown(analysed.report, uses));
        // Nothing else of what the text says may run.
        content.isTrusted = { enabledCommands: ["promptCacheLens.showDashboard"] };
        return new Hover(content, range);
      },
    },
  );
}
