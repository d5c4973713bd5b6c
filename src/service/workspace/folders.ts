/** The folders that are open, each with its files and an analysis of its own, as messages tell of them. */
import type { Analyzer } from "../../analysis/analyzer.ts";
import { assertNever } from "../../core/invariant.ts";
import type { FolderSpec, WorkspaceMessage } from "../../protocol/worker.ts";
import { emptyTree, type FileTree } from "./file-tree.ts";
import { WorkspaceMirror } from "./mirror.ts";

export interface OpenFolder {
  readonly spec: FolderSpec;
  readonly mirror: WorkspaceMirror;
  readonly analyzer: Analyzer;
}

export interface FoldersOptions {
  treeOf(spec: FolderSpec): FileTree;
  /** `onFile` is told which file is looked into. */
  createAnalyzer(onFile: (path: string) => void): Analyzer;
  onFile(folder: string, path: string): void;
}

export class OpenFolders {
  readonly #options: FoldersOptions;
  #folders = new Map<string, OpenFolder>();

  constructor(options: FoldersOptions) {
    this.#options = options;
  }

  get all(): readonly OpenFolder[] {
    return [...this.#folders.values()];
  }

  has(folder: OpenFolder): boolean {
    return this.#folders.get(folder.spec.id) === folder;
  }

  receive(message: WorkspaceMessage): void {
    switch (message.type) {
      case "folders":
        this.#open(message.folders);
        return;
      case "rules":
        this.#mirrorOf(message.folder)?.setRules(message.rules);
        return;
      case "overlay":
        this.#mirrorOf(message.folder)?.setOverlay(message.path, message.text);
        return;
      case "touched":
        for (const path of message.paths) this.#mirrorOf(message.folder)?.touch(path);
        return;
      case "left-out":
        this.#mirrorOf(message.folder)?.leaveOut(message.path, message.reason);
        return;
      case "reread":
        for (const { mirror } of this.all) mirror.forgetAll();
        return;
      default:
        assertNever(message);
    }
  }

  #mirrorOf(folder: string): WorkspaceMirror | undefined {
    return this.#folders.get(folder)?.mirror;
  }

  #open(specs: readonly FolderSpec[]): void {
    const before = this.#folders;
    this.#folders = new Map(
      specs.map((spec) => {
        const known = before.get(spec.id);
        const isSame = known?.spec.disk === spec.disk && known.spec.isLoose === spec.isLoose;
        return [spec.id, isSame ? known : this.#create(spec)];
      }),
    );
  }

  #create(spec: FolderSpec): OpenFolder {
    const onFile = (path: string) => this.#options.onFile(spec.id, path);
    const tree = spec.isLoose ? emptyTree : this.#options.treeOf(spec);
    const mirror = new WorkspaceMirror({ tree, isLoose: spec.isLoose, onFile });
    return { spec, mirror, analyzer: this.#options.createAnalyzer(onFile) };
  }
}
