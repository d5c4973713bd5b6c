/** The only place that reads and writes the editor's configuration of this extension. */
import { ConfigurationTarget, EventEmitter, type LogOutputChannel, workspace } from "vscode";
import { parseSettings, type Settings, section } from "../../config/editor-settings.ts";
import { plain } from "../../config/setting-kinds.ts";
import { settingsTable } from "../../config/settings.ts";
import { DisposableStore } from "./disposables.ts";

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

  /** In the workspace's settings, so that projects keep their own; in the user's where no folder is open. */
  async choose(key: "model" | "gpu" | "policy" | "capacity" | "tokenizer", value: string): Promise<void> {
    // Written all the same, it would be ignored, and what was chosen before would be lost.
    const { kind } = settingsTable[key];
    if (kind.parse(value) === null)
      throw new Error(`"${value}" cannot be used: give ${plain(kind.expected)}.`);
    const target = workspace.workspaceFolders?.length
      ? ConfigurationTarget.Workspace
      : ConfigurationTarget.Global;
    await workspace.getConfiguration(section).update(key, value, target);
  }

  /** Where the value in force comes from, else in the user's settings. */
  async toggle(key: "inline.enabled"): Promise<void> {
    const configuration = workspace.getConfiguration(section);
    const isOfWorkspace = configuration.inspect(key)?.workspaceValue !== undefined;
    const target = isOfWorkspace ? ConfigurationTarget.Workspace : ConfigurationTarget.Global;
    await configuration.update(key, !this.#current[key], target);
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
