/** The dashboard's page: an empty frame, into which messages bring the data. */

export interface DashboardPage {
  readonly script: string;
  readonly style: string;
  /** Origin of the editor's own resources. */
  readonly cspSource: string;
  /** New for every page; letters and digits. */
  readonly nonce: string;
  /** Another one, for style elements: scripts can read it, so it must not let them run more scripts. */
  readonly styleNonce: string;
}

export function dashboardHtml({ script, style, cspSource, nonce, styleNonce }: DashboardPage): string {
  const policy = [
    "default-src 'none'",
    `img-src ${cspSource} data:`,
    `font-src ${cspSource}`,
    `style-src ${cspSource} 'nonce-${styleNonce}'`,
    `script-src 'nonce-${nonce}'`,
  ].join("; ");
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta property="csp-nonce" content="${styleNonce}">
<title>Prompt Cache Dashboard</title>
<link rel="stylesheet" href="${style}">
</head>
<body>
<script nonce="${nonce}" src="${script}"></script>
</body>
</html>
`;
}
