/** Arithmetic on theme colours. */

export interface Rgb {
  readonly red: number;
  readonly green: number;
  readonly blue: number;
}

/** Reads `#rgb`, `#rrggbb`, `#rrggbbaa`, `rgb()` and `rgba()`; alpha is dropped. `null` for anything else. */
export function parseColour(text: string): Rgb | null {
  const value = text.trim().toLowerCase();
  const hex = /^#([0-9a-f]{3,8})$/.exec(value)?.[1];
  if (hex !== undefined) return parseHex(hex);
  const channels = /^rgba?\(([^)]*)\)$/.exec(value)?.[1]?.match(/[\d.]+/g);
  if (channels === undefined || channels === null || channels.length < 3) return null;
  return { red: Number(channels[0]), green: Number(channels[1]), blue: Number(channels[2]) };
}

function parseHex(hex: string): Rgb | null {
  if (hex.length === 3 || hex.length === 4) {
    const [red, green, blue] = [...hex].map((digit) => Number.parseInt(digit + digit, 16));
    return { red: red!, green: green!, blue: blue! };
  }
  if (hex.length !== 6 && hex.length !== 8) return null;
  const at = (index: number) => Number.parseInt(hex.slice(index, index + 2), 16);
  return { red: at(0), green: at(2), blue: at(4) };
}

/** Relative luminance by WCAG 2, 0 for black to 1 for white. */
export function luminance({ red, green, blue }: Rgb): number {
  const linear = (channel: number) => {
    const value = channel / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
}

/** Black or white, whichever contrasts more with the background. */
export function inkOn(background: Rgb): "#000000" | "#ffffff" {
  const light = luminance(background);
  return (light + 0.05) / 0.05 > 1.05 / (light + 0.05) ? "#000000" : "#ffffff";
}

/** Lays `over` on `under` with the given opacity. */
export function blend(over: Rgb, under: Rgb, opacity: number): Rgb {
  const mix = (a: number, b: number) => Math.round(a * opacity + b * (1 - opacity));
  return {
    red: mix(over.red, under.red),
    green: mix(over.green, under.green),
    blue: mix(over.blue, under.blue),
  };
}

export function toCss({ red, green, blue }: Rgb): string {
  return `rgb(${red}, ${green}, ${blue})`;
}
