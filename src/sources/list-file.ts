import { type FSWatcher, watch } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { LIST_BYTES_MAX, type ListText, type ReadText } from "./list-text.ts";

/** An exit list in a file. */
export class ListFile implements ListText {
  readonly name: string;
  #watcher: FSWatcher | null = null;
  #poll: NodeJS.Timeout | null = null;
  #settling: NodeJS.Timeout | null = null;
  #seen = "";

  constructor(path: string) {
    this.name = path;
  }

  async read(): Promise<ReadText> {
    try {
      const { mtimeMs, size, ino } = await stat(this.name);
      const seen = `${mtimeMs} ${size} ${ino}`;
      if (seen === this.#seen) return { bytes: null };
      if (size > LIST_BYTES_MAX) return { problem: `is larger than ${LIST_BYTES_MAX} bytes` };
      const bytes = await readFile(this.name);
      this.#seen = seen;
      return { bytes };
    } catch (error) {
      this.#seen = "";
      return { problem: `cannot be read: ${(error as NodeJS.ErrnoException).code}` };
    }
  }

  // Editors and config maps replace a file by renaming another over it, so it is the directory that is watched. Where the
  // file system reports nothing (network mounts, some containers), looking every few seconds has to do.
  watch(onMaybeChanged: () => Promise<void>): void {
    const settle = () => {
      this.#settling ??= setTimeout(() => {
        this.#settling = null;
        void onMaybeChanged();
      }, SETTLE_MS);
    };
    this.#poll = setInterval(settle, POLL_MS).unref();
    try {
      this.#watcher = watch(dirname(this.name), { persistent: false }, settle);
      this.#watcher.on("error", () => this.#watcher?.close());
    } catch {
      // No watcher left (ENOSPC), or no directory: the poll remains.
    }
  }

  close(): void {
    this.#watcher?.close();
    clearInterval(this.#poll ?? undefined);
    clearTimeout(this.#settling ?? undefined);
  }
}

/** A program that writes a list does so in several steps. */
const SETTLE_MS = 100;
const POLL_MS = 5000;
