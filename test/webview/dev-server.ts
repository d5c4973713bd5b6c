/**
 * Serves the dashboard with a fixture, under the same strict policy that the editor sets.
 *   npx tsx test/webview/dev-server.ts
 *   then http://127.0.0.1:8790/?theme=vscode-light&state=large
 * Themes: vscode-dark, vscode-light, vscode-high-contrast. States: see dev-page.ts.
 */
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("../../", import.meta.url));
const nonce = "Zml4dHVyZS1ub25jZQ";
const styleNonce = "Zml4dHVyZS1zdHlsZQ";

/** What the extension's page is allowed to do, with the server in the place of the editor's resources. */
export const policy = [
  "default-src 'none'",
  "img-src 'self' data:",
  "font-src 'self'",
  `style-src 'self' 'nonce-${styleNonce}'`,
  `script-src 'nonce-${nonce}'`,
].join("; ");

export interface DevServer {
  readonly url: string;
  /** Sizes of the production bundle in bytes. */
  readonly bundle: { readonly script: number; readonly style: number };
  close(): Promise<void>;
}

export async function startDevServer(port = 0): Promise<DevServer> {
  const files = await bundle();
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? "/", "http://127.0.0.1").pathname;
    const file = files.get(path);
    if (file === undefined) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, { "content-type": file.type, "content-security-policy": policy });
    response.end(file.body);
  });
  await new Promise<void>((listening) => server.listen(port, "127.0.0.1", listening));
  const { port: taken } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${taken}/`,
    bundle: {
      script: files.get("/webview.js")!.body.length,
      style: files.get("/webview.css")!.body.length,
    },
    close: () => new Promise((closed) => server.close(() => closed())),
  };
}

async function bundle(): Promise<Map<string, { readonly type: string; readonly body: Buffer }>> {
  const files = new Map<string, { readonly type: string; readonly body: Buffer }>();
  const entries = { webview: "webview/main.ts", dev: "test/webview/dev-page.ts" };
  for (const [name, source] of Object.entries(entries)) {
    const result = await build({
      absWorkingDir: root,
      entryPoints: [source],
      outfile: `${name}.js`,
      bundle: true,
      minify: true,
      format: "iife",
      target: "es2022",
      charset: "utf8",
      legalComments: "none",
      define: { "process.env.NODE_ENV": '"production"' },
      write: false,
    });
    for (const output of result.outputFiles) {
      const isStyle = output.path.endsWith(".css");
      const type = isStyle ? "text/css; charset=utf-8" : "text/javascript; charset=utf-8";
      files.set(`/${name}.${isStyle ? "css" : "js"}`, { type, body: Buffer.from(output.contents) });
    }
  }
  const frame = await readFile(`${root}webview/dev.html`, "utf8");
  const page = frame.replaceAll("{nonce}", nonce).replaceAll("{styleNonce}", styleNonce);
  files.set("/", { type: "text/html; charset=utf-8", body: Buffer.from(page) });
  files.set("/theme.css", {
    type: "text/css; charset=utf-8",
    body: await readFile(`${root}test/webview/theme.css`),
  });
  return files;
}

async function main(): Promise<void> {
  const { url, bundle: sizes } = await startDevServer(8790);
  console.log(`${url} (script ${sizes.script} B, style ${sizes.style} B)`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) void main();
