/** Notifications: the only place that shows them, for their text may quote what somebody wrote who is not trusted. */
import { window } from "vscode";
import { harmlessNotice } from "../../words/foreign.ts";

/** Gives the action that was chosen. */
export async function showInformation(text: string, ...actions: string[]): Promise<string | undefined> {
  return window.showInformationMessage(harmlessNotice(text), ...actions);
}

/** Gives the action that was chosen. */
export async function showWarning(text: string, ...actions: string[]): Promise<string | undefined> {
  return window.showWarningMessage(harmlessNotice(text), ...actions);
}

export function showError(text: string): void {
  void window.showErrorMessage(harmlessNotice(text));
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
