/** The editor's colours, for what style sheets cannot reach: canvases, and text on coloured ground. */

import { inkOn, parseColour, type Rgb, toCss } from "./model/colour.ts";
import { fateStyles } from "./model/fates.ts";

/** The value of a theme colour now, resolved to channels. */
export function themeColour(name: string, fallback: string): Rgb {
  return parseColour(resolve(themeText(name))) ?? parseColour(fallback)!;
}

/** A theme colour as text; empty where the theme does not define it. */
export function themeText(name: string): string {
  return getComputedStyle(document.body).getPropertyValue(name).trim();
}

const resolver = document.createElement("canvas").getContext("2d")!;

/** Themes may name colours in any way that CSS knows; a canvas gives them back in one of two. */
function resolve(text: string): string {
  resolver.fillStyle = "#000000";
  if (text !== "") resolver.fillStyle = text;
  return text === "" ? "" : String(resolver.fillStyle);
}

/** Calls the listener now and whenever the editor changes its theme, which it does by the class of the body. */
export function onTheme(listener: () => void): void {
  listener();
  new MutationObserver(listener).observe(document.body, {
    attributes: true,
    attributeFilter: ["class", "data-vscode-theme-id"],
  });
}

/**
 * For every fate its colour and that of text on it, as the custom properties `--fate-<fate>-ground` and `-ink`.
 * Some themes give colours that let the page shine through, on which neither text nor pattern could be read.
 */
export function keepFateColours(): void {
  onTheme(() => {
    const { style } = document.documentElement;
    for (const { fate, colour, fallback } of fateStyles) {
      const ground = themeColour(colour, fallback);
      style.setProperty(`--fate-${fate}-ground`, toCss(ground));
      style.setProperty(`--fate-${fate}-ink`, inkOn(ground));
    }
  });
}

export function isMotionReduced(): boolean {
  return (
    document.body.classList.contains("vscode-reduce-motion") ||
    window.matchMedia("(prefers-reduced-motion: reduce)").matches
  );
}

export function isHighContrast(): boolean {
  return document.body.classList.contains("vscode-high-contrast");
}
