/**
 * Times as logs write them, in milliseconds. A time without a zone is read as UTC, and one with a zone as if it had none: what a machine's
 * logs say at the same time counts as the same time, and is shown as it stands in them. Each returns null where there is no such time.
 */

/** `2026/11/27 14:02:07` and `2026-11-27T14:02:07.123Z`, with any character between its numbers. */
export function readDashed(text: string, at: number): number | null {
  const whole = build(digits(text, at, 4), digits(text, at + 5, 2), digits(text, at + 8, 2), clock(text, at + 11));
  return whole === null ? null : whole + fraction(text, at + 19);
}

/** `27/Nov/2026:14:02:07`, with or without `.123`. */
export function readSlashed(text: string, at: number): number | null {
  const whole = build(digits(text, at + 7, 4), monthOf(text, at + 3), digits(text, at, 2), clock(text, at + 12));
  return whole === null ? null : whole + fraction(text, at + 20);
}

/** `Nov 27 14:02:07`, in the year that is given. */
export function readSyslogTime(text: string, at: number, year: number): number | null {
  return build(year, monthOf(text, at), dayOf(text, at + 4), clock(text, at + 7));
}

/** `Fri Nov 27 14:02:07 2026`, with or without `.123456` before the year. */
export function readCtime(text: string, at: number): number | null {
  const yearAt = text.indexOf(" ", at + 19) + 1;
  const whole = yearAt === 0 ? null : build(digits(text, yearAt, 4), monthOf(text, at + 4), dayOf(text, at + 8), clock(text, at + 11));
  return whole === null ? null : whole + fraction(text, at + 19);
}

/** Seconds since 1970, with or without a fraction. */
export function readEpoch(seconds: number): number | null {
  return Number.isFinite(seconds) && seconds >= 0 && seconds < EPOCH_SECONDS_MAX ? Math.round(seconds * 1000) : null;
}

/** Seconds, milliseconds, microseconds or nanoseconds since 1970: which, the number itself tells. */
export function readEpochOfAnyUnit(number: number): number | null {
  const unit = number >= NANOSECONDS_MIN ? 1e9 : number >= MICROSECONDS_MIN ? 1e6 : number >= MILLISECONDS_MIN ? 1e3 : 1;
  return readEpoch(number / unit);
}

const MILLISECONDS_MIN = 1e11;
const MICROSECONDS_MIN = 1e14;
const NANOSECONDS_MIN = 1e17;

/** The year 2286: more is no time in seconds. */
const EPOCH_SECONDS_MAX = 1e10;

function build(year: number, month: number, day: number, clockMs: number): number | null {
  const ok = year >= 0 && month >= 1 && month <= 12 && day >= 1 && day <= 31 && clockMs >= 0;
  return ok ? Date.UTC(year, month - 1, day) + clockMs : null;
}

/** `14:02:07` in milliseconds of the day; -1: it is none. */
function clock(text: string, at: number): number {
  const [hours, minutes, seconds] = [digits(text, at, 2), digits(text, at + 3, 2), digits(text, at + 6, 2)];
  if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59 || seconds < 0 || seconds > 60) return -1;
  return ((hours * 60 + minutes) * 60 + seconds) * 1000;
}

/** -1: not all of them are digits. */
function digits(text: string, at: number, count: number): number {
  let value = 0;
  for (let index = at; index < at + count; index++) {
    const digit = text.charCodeAt(index) - 0x30;
    if (!(digit >= 0 && digit <= 9)) return -1;
    value = value * 10 + digit;
  }
  return value;
}

function dayOf(text: string, at: number): number {
  return text.charCodeAt(at) === 0x20 ? digits(text, at + 1, 1) : digits(text, at, 2);
}

function monthOf(text: string, at: number): number {
  const found = MONTHS.indexOf(text.slice(at, at + 3));
  return found % 3 === 0 && at + 3 <= text.length ? found / 3 + 1 : -1;
}

const MONTHS = "JanFebMarAprMayJunJulAugSepOctNovDec";

/** `.123` in milliseconds; 0 where there is none. */
function fraction(text: string, at: number): number {
  const mark = text.charCodeAt(at);
  if (mark !== 0x2e && mark !== 0x2c) return 0;
  const milliseconds = digits(text, at + 1, 3);
  return Math.max(milliseconds, 0);
}
