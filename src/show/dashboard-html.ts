/** The dashboard's page: an empty frame, into which messages bring the data. */
import { type Translation, t } from "../words/l10n.ts";

/** Name of the element that brings the translation: there when the script runs, and no script itself. */
export const translationName = "translation";

export interface DashboardPage {
  readonly script: string;
  readonly style: string;
  /** Origin of the editor's own resources. */
  readonly cspSource: string;
  /** New for every page; letters and digits. */
  readonly nonce: string;
  /** Another one, for style elements: scripts can read it, so it must not let them run more scripts. */
  readonly styleNonce: string;
  /** Of the editor's texts, as BCP 47 has it. */
  readonly language: string;
  readonly translation: Translation | undefined;
}

export function dashboardHtml(page: DashboardPage): string {
  const { script, style, cspSource, nonce, styleNonce, language, translation } = page;
  const policy = [
    "default-src 'none'",
    `img-src ${cspSource} data:`,
    `font-src ${cspSource}`,
    `style-src ${cspSource} 'nonce-${styleNonce}'`,
    `script-src 'nonce-${nonce}'`,
  ].join("; ");
  return `<!DOCTYPE html>
<html lang="${attribute(language)}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta property="csp-nonce" content="${styleNonce}">
<meta name="${translationName}" content="${attribute(JSON.stringify(translation ?? {}))}">
<title>${attribute(t("Prompt Cache Dashboard"))}</title>
<link rel="stylesheet" href="${style}">
</head>
<body>
<script nonce="${nonce}" src="${script}"></script>
</body>
</html>
`;
}

/** Text inside of an attribute's quotes, or of an element. */
function attribute(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
