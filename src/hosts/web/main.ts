/** Where a browser runs the extension, such as at vscode.dev. */
import type { ExtensionContext } from "vscode";
import { activate as activateIn } from "../extension/activate.ts";
import { webWorkerHost } from "./worker-thread.ts";

export function activate(context: ExtensionContext): void {
  activateIn(context, webWorkerHost(context.extensionUri));
}

/** Everything ends with the subscriptions. */
export function deactivate(): void {}
