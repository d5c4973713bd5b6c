/** When something happened, as logs write it: ISO 8601, or a number of seconds, milliseconds, microseconds or nanoseconds. */

/** The first of each unit that is one of this century: smaller numbers are of the unit before. */
const millisecondsFrom = 1e11;
const microsecondsFrom = 1e14;
const nanosecondsFrom = 1e17;

const isoTime =
  /^(\d{4})-(\d{2})-(\d{2})[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s*(?:Z|UTC|([+-])(\d{2}):?(\d{2}))?$/;

/**
 * Seconds since 1970; small numbers are seconds since the start of the record. A time without a zone is one of UTC, so that
 * it is the same on every machine. `null` for what is no time.
 */
export function secondsSince1970(written: string | number | boolean | null): number | null {
  if (typeof written === "number") return ofNumber(written);
  if (typeof written !== "string") return null;
  const text = written.trim();
  if (/^\d+(?:\.\d+)?$/.test(text)) return ofNumber(Number(text));
  const match = isoTime.exec(text);
  if (match === null) return null;
  const [
    ,
    year,
    month,
    day,
    hour,
    minute,
    second = "0",
    fraction = "0",
    sign,
    zoneHours = "0",
    zoneMinutes = "0",
  ] = match;
  const milliseconds = Date.UTC(
    Number(year),
    Number(month) - 1,
    Number(day),
    Number(hour),
    Number(minute),
    Number(second),
  );
  const offset = (sign === "-" ? -60 : 60) * (60 * Number(zoneHours) + Number(zoneMinutes));
  return milliseconds / 1000 + Number(`0.${fraction}`) - offset;
}

function ofNumber(value: number): number | null {
  if (!Number.isFinite(value) || value < 0) return null;
  if (value >= nanosecondsFrom) return value / 1e9;
  if (value >= microsecondsFrom) return value / 1e6;
  return value >= millisecondsFrom ? value / 1e3 : value;
}
