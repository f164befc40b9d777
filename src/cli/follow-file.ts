import { type FileHandle, open, stat } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";

/** What comes of a file that is followed. Bytes are only good until the next part is asked for. */
export type FollowedPart =
  | { readonly kind: "bytes"; readonly bytes: Uint8Array }
  /** What follows is of a new file, or of the same from its start. */
  | { readonly kind: "restart"; readonly why: "replaced" | "truncated" }
  /** All that is there was read; `isThere`: the file exists. */
  | { readonly kind: "idle"; readonly isThere: boolean };

/**
 * A file's bytes from its start, and what is written to it later, as `tail -F` has it: where the file is renamed or removed, the rest of it and
 * then the new one of its name; where it is cut off, from its start again. Ends when the signal says so, with the last bytes.
 */
export async function* followFile(path: string, signal: AbortSignal): AsyncGenerator<FollowedPart, void, void> {
  const buffer = new Uint8Array(CHUNK_BYTES);
  let file = await openOrNull(path);
  let position = 0;
  let tail = new Uint8Array();
  try {
    for (;;) {
      if (file !== null && !(await holds(file, tail, position))) {
        yield { kind: "restart", why: "truncated" };
        [position, tail] = [0, new Uint8Array()];
      }
      const isLast = signal.aborted;
      const until = isLast ? position + LAST_BYTES_MAX : Number.POSITIVE_INFINITY;
      while (file !== null && position < until && signal.aborted === isLast) {
        const { bytesRead } = await file.read(buffer, 0, CHUNK_BYTES, position);
        if (bytesRead === 0) break;
        position += bytesRead;
        tail = endOf(tail, buffer.subarray(0, bytesRead));
        yield { kind: "bytes", bytes: buffer.subarray(0, bytesRead) };
      }
      if (isLast) return;
      if (signal.aborted) continue;
      if (!(await isReplaced(file, path, position))) {
        yield { kind: "idle", isThere: file !== null };
        await sleep(POLL_MS, undefined, { signal }).catch(() => undefined);
        continue;
      }
      if (file !== null) yield { kind: "restart", why: "replaced" };
      await file?.close();
      file = await openOrNull(path);
      [position, tail] = [0, new Uint8Array()];
    }
  } finally {
    await file?.close();
  }
}

const CHUNK_BYTES = 256 * 1024;
/** Of what was still unread when it was to end: nobody who presses Ctrl-C waits for gigabytes. */
const LAST_BYTES_MAX = 16 * 1024 * 1024;
/** A quarter of a second is at once for people. */
const POLL_MS = 250;

/** The last bytes that were read are still there: a file that was cut off may have grown beyond that place since. */
async function holds(file: FileHandle, tail: Uint8Array, position: number): Promise<boolean> {
  if (tail.length === 0) return true;
  const now = new Uint8Array(tail.length);
  const { bytesRead } = await file.read(now, 0, now.length, position - now.length);
  return bytesRead === now.length && Buffer.compare(now, tail) === 0;
}

function endOf(tail: Uint8Array, bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.concat([tail, bytes.subarray(-TAIL_BYTES)]).subarray(-TAIL_BYTES));
}

/** Longer than what lines of a log have in common at their end. */
const TAIL_BYTES = 256;

/** A program may write to the old file for a while after it was renamed: it is left only for one that has something in it. */
async function isReplaced(file: FileHandle | null, path: string, position: number): Promise<boolean> {
  const named = await statOrNull(path);
  if (file === null || named === null) return named !== null;
  const own = await file.stat();
  return (named.ino !== own.ino || named.dev !== own.dev) && named.size > 0 && own.size === position;
}

async function statOrNull(path: string): Promise<{ readonly ino: number; readonly dev: number; readonly size: number } | null> {
  return unlessMissing(stat(path));
}

async function openOrNull(path: string): Promise<FileHandle | null> {
  return unlessMissing(open(path));
}

async function unlessMissing<Value>(promise: Promise<Value>): Promise<Value | null> {
  try {
    return await promise;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}
