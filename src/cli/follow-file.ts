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
  try {
    for (;;) {
      const isLast = signal.aborted;
      const until = isLast ? position + LAST_BYTES_MAX : Number.POSITIVE_INFINITY;
      for (let bytesRead = -1; file !== null && bytesRead !== 0 && position < until && signal.aborted === isLast; position += bytesRead) {
        ({ bytesRead } = await file.read(buffer, 0, CHUNK_BYTES, position));
        if (bytesRead > 0) yield { kind: "bytes", bytes: buffer.subarray(0, bytesRead) };
      }
      if (isLast) return;
      if (signal.aborted) continue;
      const change = file === null ? "replaced" : await changeOf(file, path, position);
      if (change === null || (file === null && !(await exists(path)))) {
        yield { kind: "idle", isThere: file !== null };
        await sleep(POLL_MS, undefined, { signal }).catch(() => undefined);
        continue;
      }
      if (file !== null) yield { kind: "restart", why: change };
      if (change === "replaced") {
        await file?.close();
        file = await openOrNull(path);
      }
      position = 0;
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

/** A program may write to the old file for a while after it was renamed: it is left only for one that has something in it. */
async function changeOf(file: FileHandle, path: string, position: number): Promise<"replaced" | "truncated" | null> {
  const [own, named] = await Promise.all([file.stat(), statOrNull(path)]);
  if (own.size < position) return "truncated";
  const isOther = named !== null && (named.ino !== own.ino || named.dev !== own.dev);
  return isOther && named.size > 0 && own.size === position ? "replaced" : null;
}

async function exists(path: string): Promise<boolean> {
  return (await statOrNull(path)) !== null;
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
