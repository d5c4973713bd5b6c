/**
 * Controls. The only file that knows which UI kit draws them: to change the kit, rewrite this file.
 * Everything else sees plain elements and the small interfaces below.
 */
import {
  type Dropdown,
  type Option,
  type Panels,
  provideVSCodeDesignSystem,
  type TextField,
  vsCodeButton,
  vsCodeDropdown,
  vsCodeOption,
  vsCodePanels,
  vsCodePanelTab,
  vsCodePanelView,
  vsCodeProgressRing,
  vsCodeTextField,
} from "@vscode/webview-ui-toolkit";
import { decorate, type ElementOptions, el } from "./dom.ts";

/** To be called once, before any control is made. */
export function registerUiKit(): void {
  provideVSCodeDesignSystem().register(
    vsCodeButton(),
    vsCodeDropdown(),
    vsCodeOption(),
    vsCodePanels(),
    vsCodePanelTab(),
    vsCodePanelView(),
    vsCodeProgressRing(),
    vsCodeTextField(),
  );
}

function control(tag: `vscode-${string}`, options: ElementOptions): HTMLElement {
  const element = document.createElement(tag);
  decorate(element, options);
  return element;
}

export function button(
  options: ElementOptions & { readonly appearance: "primary" | "secondary" },
  onClick: () => void,
): HTMLElement {
  const element = control("vscode-button", options);
  element.setAttribute("appearance", options.appearance);
  element.addEventListener("click", onClick);
  return element;
}

/** A count beside a name. The kit's own badge and tag set inline styles, which the page's policy forbids. */
export function badge(text: string): HTMLElement {
  return el("span", { class: "badge", text });
}

/** A short word that sorts. */
export function tag(options: ElementOptions): HTMLElement {
  return el("span", { ...options, class: "tag" });
}

export function progressRing(): HTMLElement {
  return control("vscode-progress-ring", { attributes: { "aria-hidden": "true" } });
}

export interface Selector {
  readonly element: HTMLElement;
  update(choices: readonly { readonly id: string; readonly label: string }[], selected: string): void;
}

/** A labelled list of choices. Changes nothing while the same choices come again, so an open list stays open. */
export function selector(label: string, testId: string, onSelect: (id: string) => void): Selector {
  const caption = el("span", { class: "field-label", text: label, attributes: { "aria-hidden": "true" } });
  let shown = "";
  let current = "";
  function list(): Dropdown {
    const created = control("vscode-dropdown", { testId, attributes: { "aria-label": label } }) as Dropdown;
    created.addEventListener("change", () => {
      if (created.value === current) return;
      current = created.value;
      onSelect(current);
    });
    return created;
  }
  let dropdown = list();
  return {
    element: el("div", { class: "field" }, caption, dropdown),
    update(choices, selected) {
      const known = choices.some((choice) => choice.id === selected);
      const all = known ? choices : [{ id: selected, label: selected }, ...choices];
      const next = JSON.stringify(all);
      if (next !== shown) {
        shown = next;
        // The kit keeps the index of what was selected when its options are replaced, whatever stands there now.
        const fresh = list();
        fresh.append(...all.map((choice) => option(choice.id, choice.label, selected)));
        const hadFocus = dropdown.contains(document.activeElement);
        dropdown.replaceWith(fresh);
        dropdown = fresh;
        if (hadFocus) fresh.focus();
      } else if (selected !== current) {
        dropdown.value = selected;
      }
      current = selected;
      dropdown.title = all.find((choice) => choice.id === selected)?.label ?? selected;
    },
  };
}

function option(id: string, label: string, selected: string): Option {
  const element = control("vscode-option", { text: label, attributes: { value: id } }) as Option;
  if (id === selected) element.setAttribute("selected", "");
  return element;
}

export interface TextInput {
  readonly element: HTMLElement;
  update(value: string): void;
}

/** A labelled line of text; reports on Enter and when left. Keeps what is being typed when an update comes. */
export function textInput(
  label: string,
  options: { readonly testId: string; readonly placeholder: string; readonly title: string },
  onCommit: (value: string) => void,
): TextInput {
  const field = control("vscode-text-field", {
    testId: options.testId,
    title: options.title,
    attributes: { "aria-label": label, placeholder: options.placeholder },
  }) as TextField;
  const caption = el("span", { class: "field-label", text: label, attributes: { "aria-hidden": "true" } });
  let committed = "";
  field.addEventListener("change", () => {
    const value = field.value.trim();
    if (value === committed) return;
    committed = value;
    onCommit(value);
  });
  return {
    element: el("div", { class: "field" }, caption, field),
    update(value) {
      if (value === committed) return;
      committed = value;
      field.value = value;
    },
  };
}

/** A line of text that reports on every key. */
export function filterInput(label: string, testId: string, onInput: (value: string) => void): HTMLElement {
  const field = control("vscode-text-field", {
    testId,
    attributes: { "aria-label": label, placeholder: label },
  }) as TextField;
  field.addEventListener("input", () => onInput(field.value));
  return field;
}

export interface Tabs<Id extends string> {
  readonly element: HTMLElement;
  select(id: Id): void;
  setCount(id: Id, count: number): void;
}

export interface Tab<Id extends string> {
  readonly id: Id;
  readonly name: string;
  readonly content: HTMLElement;
}

export function tabs<Id extends string>(
  label: string,
  items: readonly Tab<Id>[],
  selected: Id,
  onSelect: (id: Id) => void,
): Tabs<Id> {
  const panels = control("vscode-panels", { attributes: { "aria-label": label } }) as Panels;
  const heads = new Map<Id, HTMLElement>();
  for (const { id, name } of items) {
    const head = control("vscode-panel-tab", {
      text: name,
      testId: `tab-${id}`,
      attributes: { id: `tab-${id}` },
    });
    heads.set(id, head);
    panels.append(head);
  }
  for (const { id, content } of items) {
    const view = control("vscode-panel-view", { testId: `view-${id}`, attributes: { id: `view-${id}` } });
    view.append(content);
    panels.append(view);
  }
  panels.setAttribute("activeid", `tab-${selected}`);
  panels.addEventListener("change", () => {
    const found = items.find(({ id }) => panels.activeid === `tab-${id}`);
    if (found !== undefined) onSelect(found.id);
  });
  return {
    element: panels,
    select(id) {
      panels.activeid = `tab-${id}`;
    },
    setCount(id, count) {
      const head = heads.get(id)!;
      head.querySelector(".badge")?.remove();
      if (count > 0) head.append(badge(String(count)));
    },
  };
}
