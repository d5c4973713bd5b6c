import type { Disposable } from "vscode";

/** Things to dispose of together. Who creates a disposable keeps it in one of these. */
export class DisposableStore implements Disposable {
  readonly #items: Disposable[] = [];
  #isDisposed = false;

  add<T extends Disposable>(item: T): T {
    // What is created while its owner goes away must not outlive it.
    if (this.#isDisposed) item.dispose();
    else this.#items.push(item);
    return item;
  }

  /** In reverse order, so that what was built on something goes before it. */
  dispose(): void {
    this.#isDisposed = true;
    for (const item of this.#items.splice(0).reverse()) item.dispose();
  }
}
