const secondsPerDay = 86_400;
/** 2025-03-03, a Monday, in days since 1970-01-01: the day on which every generated workload starts. */
const firstDay = 20_150;

/** A date such as `2025-03-03`, `days` after the workload's first day. */
export function dateText(days: number): string {
  // Days to a civil date by counting in eras of 400 years, with years that begin in March (H. Hinnant).
  const shifted = firstDay + days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const marchMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * marchMonth + 2) / 5) + 1;
  const month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  return `${year}-${twoDigits(month)}-${twoDigits(day)}`;
}

/** Days since the workload's first one, `seconds` after its nine o'clock. */
export function dayAt(seconds: number): number {
  return Math.floor((Math.floor(seconds) + 9 * 3600) / secondsPerDay);
}

/** A timestamp such as `2025-03-03T09:00:12.345678Z`, `seconds` after nine o'clock of the first day. */
export function timestampText(seconds: number, microseconds: number): string {
  const whole = Math.floor(seconds) + 9 * 3600;
  const days = dayAt(seconds);
  const ofDay = whole - days * secondsPerDay;
  const time = [Math.floor(ofDay / 3600), Math.floor(ofDay / 60) % 60, ofDay % 60].map(twoDigits).join(":");
  return `${dateText(days)}T${time}.${String(microseconds).padStart(6, "0")}Z`;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, "0");
}
