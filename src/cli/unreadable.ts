import { UsageError } from "./usage-error.ts";

/** What stands in the way of reading `path`, and what to do about it. Null: no error of the file system. */
export function unreadable(path: string, error: unknown): UsageError | null {
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (code === undefined || syscall === undefined) return null;
  if (code === "EISDIR") return new UsageError(`${path} is a folder: name the files in it`);
  if (code === "ENOENT") return new UsageError(`there is no file ${path}`);
  if (code === "EACCES" || code === "EPERM")
    return new UsageError(`this user may not read ${path}. Have it piped in by one who may: sudo cat ${path} | goodgateway …`);
  return new UsageError(`cannot read ${path}: ${code}`);
}
