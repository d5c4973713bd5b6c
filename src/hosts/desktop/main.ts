/** Where Node runs the extension: on a desktop, or on a machine that an editor is connected to. */
import type { ExtensionContext } from "vscode";
import { activate as activateIn, type LensApi } from "../extension/activate.ts";
import { threadHost } from "../node/worker-thread.ts";

export function activate(context: ExtensionContext): LensApi {
  const script = context.asAbsolutePath("dist/worker.cjs");
  return activateIn(context, threadHost(script, context.asAbsolutePath("media/vocabularies")));
}

/** Everything ends with the subscriptions. */
export function deactivate(): void {}
