/** `64KiB`, `1MiB`, `512B`, or bytes as a bare number. */
export const SIZE: RegExp = /^(\d+)(B|KiB|MiB|GiB)?$/;

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

const BYTES = { B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 } as const;
