/** The only place that reads and writes the editor's configuration of this extension. */
import { ConfigurationTarget, EventEmitter, type LogOutputChannel, workspace } from "vscode";
import { parseSettings, type Settings, section } from "../../config/editor-settings.ts";
import { plain } from "../../config/setting-kinds.ts";
import { settingsTable } from "../../config/settings.ts";
import { t } from "../../words/l10n.ts";
import { DisposableStore } from "./disposables.ts";

export type ChosenKey = "model" | "gpu" | "policy" | "capacity" | "tokenizer" | "tensorParallel";

type ToggledKey = "inline.enabled" | "inline.tokens";

const targets = { workspace: ConfigurationTarget.Workspace, user: ConfigurationTarget.Global } as const;

export class SettingsStore {
  readonly #store = new DisposableStore();
  readonly #changed = this.#store.add(new EventEmitter<Settings>());
  readonly #log: LogOutputChannel;
  #current: Settings;

  readonly onDidChange = this.#changed.event;

  constructor(log: LogOutputChannel) {
    this.#log = log;
    this.#current = this.#read();
    this.#store.add(
      workspace.onDidChangeConfiguration((event) => {
        if (!event.affectsConfiguration(section)) return;
        this.#current = this.#read();
        this.#changed.fire(this.#current);
      }),
    );
  }

  get current(): Settings {
    return this.#current;
  }

  /**
   * Where the value in force comes from; where nobody set one, in the workspace's settings, so that projects keep their own, or
   * in the user's where no folder is open. Gives what that is called.
   */
  async choose(key: ChosenKey, value: string | number): Promise<string> {
    // Written all the same, it would be ignored, and what was chosen before would be lost.
    const { kind } = settingsTable[key];
    if (kind.parse(value) === null)
      throw new Error(
        t('"{value}" cannot be used: give {expected}.', { value, expected: plain(kind.expected) }),
      );
    const target = this.targetOf(key) ?? (workspace.workspaceFolders?.length ? "workspace" : "user");
    await workspace.getConfiguration(section).update(key, value, targets[target]);
    return target === "workspace" ? t("the workspace settings") : t("the user settings");
  }

  /** Whose settings say it; `null` where none do. */
  targetOf(key: ChosenKey | ToggledKey): keyof typeof targets | null {
    const found = workspace.getConfiguration(section).inspect(key);
    if (found?.workspaceValue !== undefined) return "workspace";
    return found?.globalValue !== undefined ? "user" : null;
  }

  /** Where the value in force comes from, else in the user's settings. */
  async toggle(key: ToggledKey): Promise<void> {
    const configuration = workspace.getConfiguration(section);
    await configuration.update(key, !this.#current[key], targets[this.targetOf(key) ?? "user"]);
  }

  dispose(): void {
    this.#store.dispose();
  }

  #read(): Settings {
    const configuration = workspace.getConfiguration(section);
    return parseSettings(
      (key) => {
        const found = configuration.inspect(key);
        const isSet =
          found?.globalValue !== undefined ||
          found?.workspaceValue !== undefined ||
          found?.workspaceFolderValue !== undefined;
        return { value: configuration.get(key), isSet };
      },
      (key) =>
        this.#log.warn(`The setting ${section}.${key} has a value that cannot be used; it is ignored.`),
    );
  }
}
