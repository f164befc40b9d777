import type { KeyObject } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { createJudgeKey, parsePrivateKey } from "./signature.ts";

/** A key file that cannot be used; the message says why, and what to do. */
export class BadKeyFile extends Error {
  override readonly name = "BadKeyFile";
}

/**
 * The private key of a judge from its file, which is made where there is none, readable by its owner alone.
 *
 * @throws BadKeyFile
 */
export function openKeyFile(path: string): { readonly key: KeyObject; readonly isNew: boolean } {
  const text = read(path);
  if (text === null) return { key: create(path), isNew: true };
  const key = parsePrivateKey(text);
  if (key === null)
    throw new BadKeyFile(`${path} holds no Ed25519 private key in PEM form; name a file that is not there yet, and it is made`);
  return { key, isNew: false };
}

function read(path: string): string | null {
  try {
    return readFileSync(path, "latin1");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return null;
    throw new BadKeyFile(`cannot read the key file ${path}: ${code}`);
  }
}

function create(path: string): KeyObject {
  const key = createJudgeKey();
  try {
    // Never over one that somebody else made meanwhile.
    writeFileSync(path, key.export({ type: "pkcs8", format: "pem" }), { mode: 0o600, flag: "wx" });
  } catch (error) {
    throw new BadKeyFile(`cannot write the key file ${path}: ${(error as NodeJS.ErrnoException).code}`);
  }
  return key;
}
