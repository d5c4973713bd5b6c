/** Where a browser runs the extension, such as at vscode.dev. */
import type { ExtensionContext } from "vscode";
import { activate as activateIn, type LensApi } from "../extension/activate.ts";
import { webWorkerHost } from "./worker-thread.ts";

export function activate(context: ExtensionContext): LensApi {
  return activateIn(context, webWorkerHost(context.extensionUri));
}

/** Everything ends with the subscriptions. */
export function deactivate(): void {}
