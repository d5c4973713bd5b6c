/**
 * What `strftime_now` gives to chat templates that write the day into the prompt. An analysis knows no clock, and a day
 * is the same for nearly all requests of a cache: it is always the date that Llama 3.1's template falls back to.
 */
const parts: Readonly<Record<string, string>> = {
  a: "Fri",
  A: "Friday",
  b: "Jul",
  B: "July",
  d: "26",
  H: "12",
  I: "12",
  j: "208",
  m: "07",
  M: "00",
  p: "PM",
  S: "00",
  y: "24",
  Y: "2024",
  "%": "%",
};

/** `format` as for Python's `strftime`; a directive that is not known stays as it is. `%-d` gives no leading zeros. */
export function formatDate(format: string): string {
  return format.replace(/%(-?)([A-Za-z%])/g, (directive, dash: string, letter: string) => {
    const text = parts[letter] ?? directive;
    return dash === "" ? text : text.replace(/^0+(?=\d)/, "");
  });
}
