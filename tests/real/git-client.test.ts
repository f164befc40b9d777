import assert from "node:assert/strict";
import { chmod, mkdtempDisposable, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { startLabGateway } from "../gateway/lab-gateway.ts";
import { assertNoBug, REFUSING } from "./ask.ts";
import { startMicrosocks } from "./peers/microsocks.ts";
import { startNginx } from "./peers/nginx.ts";
import { needs } from "./peers/programs.ts";
import { startTinyproxy } from "./peers/tinyproxy.ts";
import { type Finished, proxyUrl, runCommand } from "./run-command.ts";

const PERSON = { GIT_AUTHOR_NAME: "A", GIT_AUTHOR_EMAIL: "a@site.test", GIT_COMMITTER_NAME: "A", GIT_COMMITTER_EMAIL: "a@site.test" };

test("git clones over http, through real exits of two kinds", needs("git", "nginx", "tinyproxy", "microsocks"), async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), "goodgateway-"));
  const repository = await makeRepository(folder.path);
  await using site = await startNginx(({ port }) => `server { listen 127.0.0.1:${port}; root ${folder.path}; }`);
  await using tinyproxy = await startTinyproxy();
  await using microsocks = await startMicrosocks();
  const exits = [`127.0.0.1:${tinyproxy.port}`, `socks5h://127.0.0.1:${microsocks.port}`];
  await using gateway = await startLabGateway({ exits });
  for (const scheme of ["http", "socks5h"]) {
    const copy = join(folder.path, `copy-${scheme}`);
    const url = `http://127.0.0.1:${site.port}/${repository}`;
    const { status, stderr } = await git(["-c", `http.proxy=${proxyUrl(scheme, gateway.address)}`, "clone", "-q", url, copy]);
    assert.equal(status, 0, stderr);
    assert.equal(await readFile(join(copy, "hello.txt"), "utf8"), "hello\n");
  }
  assertNoBug(gateway);
});

test("git shows the whole story where no exit works", needs("git"), async () => {
  await using gateway = await startLabGateway({ exits: [`${REFUSING} id=de-7`] });
  const proxy = `http.proxy=${proxyUrl("http", gateway.address)}`;
  const { status, stderr } = await git(["-c", proxy, "ls-remote", "http://127.0.0.1:8080/site.git"]);
  assert.equal(status, 128);
  const { id } = await gateway.nextRecord();
  assert.match(stderr, new RegExp(`remote: 502 exit de-7 refused TCP \\(connect\\.refused ${id}\\)`));
});

/** A bare repository with one commit, to be served as plain files. Its name. */
async function makeRepository(folder: string): Promise<string> {
  await chmod(folder, 0o755); // nginx reads it as another user
  const work = join(folder, "work");
  const bare = join(folder, "site.git");
  await git(["init", "-q", work]);
  await writeFile(join(work, "hello.txt"), "hello\n");
  await git(["-C", work, "add", "hello.txt"]);
  await git(["-C", work, "commit", "-q", "-m", "hello"]);
  await git(["clone", "-q", "--bare", work, bare]);
  await git(["-C", bare, "update-server-info"]);
  return "site.git";
}

function git(args: readonly string[]): Promise<Finished> {
  return runCommand("git", args, {
    env: { ...PERSON, GIT_CONFIG_NOSYSTEM: "1", GIT_CONFIG_GLOBAL: "/dev/null", GIT_TERMINAL_PROMPT: "0" },
  });
}
