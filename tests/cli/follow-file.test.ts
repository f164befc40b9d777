import assert from "node:assert/strict";
import { appendFileSync, mkdtempSync, renameSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { followFile } from "../../src/cli/follow-file.ts";

/** Follows a file of an empty directory, and waits for what comes of it. */
class Followed implements AsyncDisposable {
  readonly path: string;
  readonly stop = new AbortController();
  readonly #directory = mkdtempSync(join(tmpdir(), "goodgateway-follow-"));
  #parts: ReturnType<typeof followFile> | null = null;
  /** What came, with a mark where it began anew. */
  text = "";

  constructor() {
    this.path = join(this.#directory, "x.log");
  }

  /** Reads on until there is no more for the moment. */
  async readAll(until: RegExp): Promise<void> {
    this.#parts ??= followFile(this.path, this.stop.signal);
    while (!until.test(this.text)) {
      const { value, done } = await this.#parts.next();
      if (done) return;
      if (value.kind === "bytes") this.text += Buffer.from(value.bytes).toString();
      else if (value.kind === "restart") this.text += `<${value.why}>`;
      else if (!value.isThere) this.text += "<missing>";
    }
  }

  /** Reads on until it waits for more. */
  async settle(): Promise<void> {
    this.#parts ??= followFile(this.path, this.stop.signal);
    for (let kind = ""; kind !== "idle"; ) {
      const { value } = await this.#parts.next();
      if (value === undefined) return;
      kind = value.kind;
      if (value.kind === "bytes") this.text += Buffer.from(value.bytes).toString();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.stop.abort();
    await this.readAll(/never/);
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

test("what is in a file, and what is written to it later, comes in order", async () => {
  await using followed = new Followed();
  writeFileSync(followed.path, "one\n");
  await followed.readAll(/one/);
  appendFileSync(followed.path, "two\nthr");
  await followed.readAll(/two\nthr/);
  appendFileSync(followed.path, "ee\n");
  await followed.readAll(/three/);
  assert.equal(followed.text, "one\ntwo\nthree\n");
});

test("a file that is renamed is read to its end, then the new one of its name", async () => {
  await using followed = new Followed();
  writeFileSync(followed.path, "one\n");
  await followed.readAll(/one/);
  renameSync(followed.path, `${followed.path}.1`);
  writeFileSync(followed.path, "");
  // The program still has the old one open.
  appendFileSync(`${followed.path}.1`, "two\n");
  await followed.readAll(/two/);
  appendFileSync(followed.path, "three\n");
  await followed.readAll(/three/);
  assert.equal(followed.text, "one\ntwo\n<replaced>three\n");
});

test("a file that is cut off is read from its start", async () => {
  await using followed = new Followed();
  writeFileSync(followed.path, "one, which is long\n");
  await followed.readAll(/long/);
  truncateSync(followed.path, 0);
  await followed.readAll(/truncated/);
  appendFileSync(followed.path, "two\n");
  await followed.readAll(/two/);
  assert.equal(followed.text, "one, which is long\n<truncated>two\n");
});

test("a file that was cut off and has grown beyond the old place is read from its start", async () => {
  await using followed = new Followed();
  writeFileSync(followed.path, "one\n");
  await followed.settle();
  // Copied away and cut off, as logrotate does it where a program does not open its log again.
  writeFileSync(followed.path, "two\nthree\n");
  await followed.readAll(/three/);
  assert.equal(followed.text, "one\n<truncated>two\nthree\n");
});

test("a file that is not there yet is waited for", async () => {
  await using followed = new Followed();
  await followed.readAll(/missing/);
  writeFileSync(followed.path, "one\n");
  await followed.readAll(/one/);
  assert.match(followed.text, /^(<missing>)+one\n$/);
});

test("where it is to end, what was written last still comes", async () => {
  await using followed = new Followed();
  writeFileSync(followed.path, "one\n");
  await followed.readAll(/one/);
  appendFileSync(followed.path, "two\n");
  followed.stop.abort();
  await followed.readAll(/never/);
  assert.equal(followed.text, "one\ntwo\n");
});
