/** `500ms`, `5s`, `1.5m`, `1h`. */
export const DURATION: RegExp = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/;

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

const MILLISECONDS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const;
