/** `500ms`, `5s`, `1.5m`, `1h`. */
export const DURATION: RegExp = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/;
/** `64KiB`, `1MiB`, `512B`, or bytes as a bare number. */
export const SIZE: RegExp = /^(\d+)(B|KiB|MiB|GiB)?$/;

/** Node's timers take no more: 24.8 days. */
const DURATION_MS_MAX = 2 ** 31 - 1;

/** Milliseconds; null where it is none, or is below 1 ms or above what a timer takes. */
export function readDuration(text: string): number | null {
  const parts = DURATION.exec(text);
  if (parts === null) return null;
  const ms = Math.round(Number(parts[1]) * (MILLISECONDS[parts[2] as keyof typeof MILLISECONDS] ?? 0));
  return ms >= 1 && ms <= DURATION_MS_MAX ? ms : null;
}

/** In the largest unit that keeps it whole. */
export function formatDuration(ms: number): string {
  const unit = (["h", "m", "s"] as const).find((name) => ms > 0 && ms % MILLISECONDS[name] === 0) ?? "ms";
  return `${ms / MILLISECONDS[unit]}${unit}`;
}

/** Bytes; null where it is none. */
export function readSize(text: string): number | null {
  const parts = SIZE.exec(text);
  if (parts === null) return null;
  const bytes = Number(parts[1]) * (BYTES[(parts[2] ?? "B") as keyof typeof BYTES] ?? 0);
  return Number.isSafeInteger(bytes) ? bytes : null;
}

/** In the largest unit that keeps it whole. */
export function formatSize(bytes: number): string {
  const unit = (["GiB", "MiB", "KiB"] as const).find((name) => bytes > 0 && bytes % BYTES[name] === 0) ?? "B";
  return `${bytes / BYTES[unit]}${unit}`;
}

const MILLISECONDS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const;
const BYTES = { B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 } as const;
