/**
 * What `strftime_now` gives to chat templates that write the day into the prompt. An analysis knows no clock, and a day
 * is the same for nearly all requests of a cache: it is always the date that Llama 3.1's template falls back to.
 */
const parts: FixedDate = {
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

/** Text for each directive of `strftime`, by its letter. */
export type FixedDate = Readonly<Record<string, string>>;

/** The same day, later; and another day at the same time. */
export const laterThatDay: FixedDate = { ...parts, H: "17", I: "05", M: "41", S: "09" };
export const anotherDay: FixedDate = { ...parts, a: "Sat", A: "Saturday", d: "27", j: "209" };

/** `format` as for Python's `strftime`; a directive that is not known stays as it is. `%-d` gives no leading zeros. */
export function formatDate(format: string, now = parts): string {
  return format.replace(/%(-?)([A-Za-z%])/g, (directive, dash: string, letter: string) => {
    const text = now[letter] ?? directive;
    return dash === "" ? text : text.replace(/^0+(?=\d)/, "");
  });
}
