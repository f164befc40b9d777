import { UsageError } from "./usage-error.ts";

/** What stands in the way of writing `path`. */
export function unwritable(path: string, error: unknown): UsageError {
  return new UsageError(`cannot write ${path}: ${tellWriteError(error as NodeJS.ErrnoException)}`);
}

/** Why nothing more can be written, in words, with the system's code. */
export function tellWriteError({ code, message }: NodeJS.ErrnoException): string {
  if (code === undefined) return message;
  return REASONS[code] === undefined ? code : `${REASONS[code]} (${code})`;
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: "this user may not",
  EPERM: "this user may not",
  EDQUOT: "this user's quota is used up",
  EFBIG: "it would become too large",
  EISDIR: "it is a folder",
  ENOENT: "there is no such folder",
  ENOSPC: "the disk is full",
  ENOTDIR: "a part of its path is no folder",
  EROFS: "its disk can only be read",
};
