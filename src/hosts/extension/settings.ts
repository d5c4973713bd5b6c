/** The only place that reads and writes the editor's configuration of this extension. */
import { ConfigurationTarget, EventEmitter, type LogOutputChannel, workspace } from "vscode";
import { analysisTable, parseSettings, type Settings, section } from "../../config/settings-table.ts";
import { DisposableStore } from "./disposables.ts";

const expected = {
  model: "give an id of the catalogue.",
  gpu: "give an id of the catalogue.",
  policy: "give an id of the catalogue.",
  capacity: "give auto, or a number of bytes with its unit, such as 20GiB.",
} as const;

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
  async choose(key: "model" | "gpu" | "policy" | "capacity", value: string): Promise<void> {
    // Written all the same, it would be ignored, and what was chosen before would be lost.
    if (analysisTable[key].parse(value) === null)
      throw new Error(`"${value}" cannot be used: ${expected[key]}`);
    const target = workspace.workspaceFolders?.length
      ? ConfigurationTarget.Workspace
      : ConfigurationTarget.Global;
    await workspace.getConfiguration(section).update(key, value, target);
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
