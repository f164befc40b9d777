import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { HostPort } from "../../src/core/address.ts";
import { readCurlCommand } from "../../src/diagnose/curl-command.ts";
import { BadCommand } from "../../src/diagnose/curl-command-problem.ts";
import { startHttpExit } from "../../src/lab/http-exit.ts";
import { formatAnswer } from "../../src/lab/lab-http.ts";
import { type LabServer, startLabServer } from "../../src/lab/lab-server.ts";
import { RunningCommand } from "../cli/command.ts";
import { impatient, shownOf } from "./diagnosing.ts";

/** Sends all that came back: in its page, in fields, in its reason phrase; and what is secret of its own. */
function startEcho(status: number, origin = ""): Promise<LabServer> {
  return startLabServer(async (peer) => {
    const head = (await peer.reader.until("\r\n\r\n")).toString("latin1");
    const length = Number(/^content-length: (\d+)/im.exec(head)?.[1] ?? 0);
    const body = (await peer.reader.take(length)).toString("latin1");
    const opened = [...head.matchAll(/Basic (\S+)/g)].map(([, code = ""]) => Buffer.from(code, "base64").toString("latin1"));
    const quoted = `${opened.join(" ")} ${head} ${body}`;
    const line = quoted.replaceAll(/[\r\n]+/g, " ");
    const own = {
      "Set-Cookie": "sitting=s1te-own-s3ss; Path=/",
      Location: `${origin}/next/${encodeURIComponent(opened.join("-"))}/?code=0auth-c0de`,
      "X-Echo": line,
      Connection: "close",
    };
    await peer.send(formatAnswer(status, own, quoted));
    await peer.end();
  });
}

/** Each of them stands in one of the commands. */
const SECRETS: readonly string[] = [
  ...[
    "maiermaier",
    "sch4tz-k1ste",
    "Y-bearer-zz9",
    "c00kie-jar1",
    "tok-8841",
    "4111111111111111",
    "447712",
    "wert-in-form",
    "pr0xy-us3r",
    "pr0xy-p4ss",
  ],
  ...["h3ader-key", "ref-t0ken", "s1te-own-s3ss", "0auth-c0de", "json-p1n-99", "env-t0ken-5"],
];

/** Words of curl, and what it is told besides its URL. */
const COMMANDS: readonly (readonly string[])[] = [
  ["-u", "maiermaier:sch4tz-k1ste", "-H", "X-Api-Key: h3ader-key", "-b", "sid=c00kie-jar1", "-e", "http://from.example/?t=ref-t0ken"],
  ["--oauth2-bearer", "Y-bearer-zz9", "--data-urlencode", "card=4111111111111111", "-d", "pin=447712"],
  ["-F", "field=wert-in-form", "-F", "card=4111111111111111;type=text/plain"],
  ["--json", '{"pin": "json-p1n-99"}', "-X", "PUT"],
  ["-L", "-u", "maiermaier:sch4tz-k1ste", "-H", "X-Auth-Token: env-t0ken-5"],
];

const SURROUNDINGS = { readFile: () => Buffer.from("of a file"), variables: {} };

function assertHidden(shown: string, what: string): void {
  for (const secret of SECRETS) {
    const coded = [secret, encodeURIComponent(secret), Buffer.from(secret).toString("base64").replace(/=+$/, "").slice(0, -1)];
    for (const form of coded) assert.ok(!shown.includes(form), `${what} shows ${secret}`);
  }
}

function proxyAt({ host, port }: HostPort): string[] {
  return ["-x", `http://pr0xy-us3r:pr0xy-p4ss@${host}:${port}`];
}

function pageOf({ host, port }: LabServer): string {
  return `http://${host}:${port}/page?token=tok-8841`;
}

test("no form of a curl command's diagnosis has anything secret of it, whoever quotes it", async () => {
  for (const status of [200, 302, 502]) {
    await using site = await startEcho(status);
    await using exit = await startEcho(status);
    for (const own of COMMANDS) {
      const { exit: proxy, url, method, fields, body } = readCurlCommand(["curl", ...own, ...proxyAt(exit), pageOf(site)], SURROUNDINGS);
      const shown = await shownOf(site, proxy === null ? [] : [proxy], { url, method, fields, body }, impatient);
      assertHidden(shown, `${own.join(" ")} (${status})`);
      assert.match(shown, /\*\*\*/);
    }
  }
});

test("nothing that the command prints or writes has anything secret of a curl command, where it follows redirects too", async () => {
  await using other = await startEcho(200);
  await using site = await startEcho(302, `http://${other.host}:${other.port}`);
  await using exit = await startHttpExit();
  for (const own of [COMMANDS.at(0) ?? [], COMMANDS.at(-1) ?? []]) {
    const files = ["--html", "page.html", "--har", "all.har"];
    await using command = new RunningCommand(["diagnose", ...files, "--", "curl", ...own, ...proxyAt(exit), pageOf(site)]);
    assert.equal(await command.status(), 0, command.stderr);
    const written = ["page.html", "all.har"].map((name) => readFileSync(join(command.directory, name), "utf8"));
    for (const [index, shown] of [command.stdout, command.stderr, ...written].entries())
      assertHidden(shown, `${["stdout", "stderr", "page", "archive"][index]} of ${own.join(" ")}`);
    assert.match(command.stdout, /sends on to http/);
  }
});

const WRONG: readonly (readonly string[])[] = [
  ["-u", "maiermaier:sch4tz-k1ste", "--unknown=tok-8841", "http://site.example/"],
  ["-x", "ftp://pr0xy-us3r:pr0xy-p4ss@192.0.2.1", "http://site.example/"],
  ["-x", "http://pr0xy-us3r:pr0xy-p4ss@", "http://site.example/"],
  ["ftp://maiermaier:sch4tz-k1ste@site.example/"],
  ["-H", "Authorization Bearer env-t0ken-5", "http://site.example/"],
  ["--resolve", "tok-8841", "http://site.example/"],
  ["-A", "tok-8841\n", "http://site.example/"],
  ["-X", "tok-8841 x", "http://site.example/"],
  ["-m", "tok-8841", "http://site.example/"],
];

test("what is wrong with a curl command is said without its values", async () => {
  for (const words of WRONG) {
    const isHidden = (thrown: unknown): boolean => {
      assert.ok(thrown instanceof BadCommand);
      assertHidden(thrown.message, words.join(" "));
      return true;
    };
    assert.throws(() => readCurlCommand(["curl", ...words], SURROUNDINGS), isHidden);
  }
  await using command = new RunningCommand(["diagnose", "--", "curl", "-d", "@/no/such/file", ...(WRONG[0] ?? [])]);
  assert.equal(await command.status(), 2);
  assert.match(command.stderr, /^goodgateway: /);
  assertHidden(command.stdout + command.stderr, "the command");
});
