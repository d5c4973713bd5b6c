/** What files held in the last commit, as the Git extension of the editor has it. */
import { type Disposable, EventEmitter, extensions, type Uri } from "vscode";
import { DisposableStore } from "./disposables.ts";

/** The part of its API that is used (microsoft/vscode extensions/git/src/api/git.d.ts, version 1). */
interface GitApi {
  readonly repositories: readonly Repository[];
  readonly onDidOpenRepository: (listener: (repository: Repository) => void) => Disposable;
  getRepository(uri: Uri): Repository | null;
}

interface Repository {
  readonly state: {
    readonly HEAD: { readonly commit?: string } | undefined;
    readonly onDidChange: (listener: () => void) => Disposable;
  };
  /** Rejects where the revision has no such file. */
  show(revision: string, path: string): Promise<string>;
}

interface GitExtension {
  readonly enabled: boolean;
  readonly onDidChangeEnablement: (listener: (isEnabled: boolean) => void) => Disposable;
  getAPI(version: 1): GitApi;
}

interface Held {
  readonly commit: string;
  readonly text: Promise<string | null>;
}

export class HeadTexts {
  readonly #store = new DisposableStore();
  readonly #changed = this.#store.add(new EventEmitter<void>());
  readonly #held = new Map<string, Held>();
  #api: Promise<GitApi | null> | null = null;
  #isWatching = false;

  /** There is another commit, or another repository. */
  readonly onDidChange = this.#changed.event;

  /** `null` where there is no Git, no repository, or no such file in its last commit. */
  async textOf(uri: Uri): Promise<string | null> {
    this.#api ??= this.#start();
    const repository = (await this.#api)?.getRepository(uri) ?? null;
    const commit = repository?.state.HEAD?.commit;
    if (repository === null || commit === undefined) return null;
    const key = uri.toString();
    const known = this.#held.get(key);
    if (known?.commit === commit) return known.text;
    const text = repository.show(commit, uri.fsPath).catch(() => null);
    this.#held.set(key, { commit, text });
    return text;
  }

  dispose(): void {
    this.#store.dispose();
  }

  async #start(): Promise<GitApi | null> {
    const found = extensions.getExtension<GitExtension>("vscode.git");
    if (found === undefined) return null;
    const git = await found.activate();
    if (!this.#isWatching) {
      this.#isWatching = true;
      // It may be switched on and off at any time, and is another one then.
      this.#store.add(
        git.onDidChangeEnablement(() => {
          this.#api = null;
          this.#held.clear();
          this.#changed.fire();
        }),
      );
    }
    if (!git.enabled) return null;
    const api = git.getAPI(1);
    const watch = (repository: Repository) => {
      this.#store.add(repository.state.onDidChange(() => this.#changed.fire()));
      this.#changed.fire();
    };
    for (const repository of api.repositories) watch(repository);
    this.#store.add(api.onDidOpenRepository(watch));
    return api;
  }
}
