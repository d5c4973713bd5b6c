/** Building elements. Text from the workspace goes in as text only; nothing here parses HTML. */

export interface ElementOptions {
  readonly class?: string;
  readonly text?: string;
  readonly title?: string;
  readonly testId?: string;
  readonly attributes?: Readonly<Record<string, string>>;
}

export type Child = Node | string | null;

export function el<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  options: ElementOptions = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  decorate(element, options);
  append(element, children);
  return element;
}

/** Sets what the options name; for elements that were created elsewhere, too. */
export function decorate(element: HTMLElement, options: ElementOptions): void {
  if (options.class !== undefined) element.className = options.class;
  if (options.text !== undefined) element.textContent = options.text;
  if (options.title !== undefined) element.title = options.title;
  if (options.testId !== undefined) element.dataset["testid"] = options.testId;
  for (const [name, value] of Object.entries(options.attributes ?? {})) element.setAttribute(name, value);
}

export function append(element: Element, children: readonly Child[]): void {
  for (const child of children) if (child !== null) element.append(child);
}

export function replaceChildren(element: Element, ...children: readonly Child[]): void {
  element.replaceChildren(...children.filter((child) => child !== null));
}

const svgNamespace = "http://www.w3.org/2000/svg";

const icons = {
  warning: "M8 1.2 15.4 14.5H.6L8 1.2Zm-.8 4.6v4.6h1.6V5.8H7.2Zm0 5.7v1.6h1.6v-1.6H7.2Z",
  information: "M8 1a7 7 0 1 1 0 14A7 7 0 0 1 8 1Zm-.8 6v5h1.6V7H7.2Zm0-3v1.7h1.6V4H7.2Z",
  hint: "M8 1a4.8 4.8 0 0 1 2.6 8.8V12H5.4V9.8A4.8 4.8 0 0 1 8 1ZM5.4 13h5.2v1.8H5.4V13Z",
  error: "M8 1a7 7 0 1 1 0 14A7 7 0 0 1 8 1Zm-.8 3v5h1.6V4H7.2Zm0 6.3V12h1.6v-1.7H7.2Z",
  checkpoint: "M8 1.5 14.5 8 8 14.5 1.5 8Z",
} as const;

export type IconName = keyof typeof icons;

/** A picture for what the text beside it says; hidden from screen readers. */
export function icon(name: IconName): SVGElement {
  const svg = document.createElementNS(svgNamespace, "svg");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("class", `icon icon-${name}`);
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(svgNamespace, "path");
  path.setAttribute("d", icons[name]);
  path.setAttribute("fill", "currentColor");
  path.setAttribute("fill-rule", "evenodd");
  svg.append(path);
  return svg;
}
