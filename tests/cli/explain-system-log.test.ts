import assert from "node:assert/strict";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { RunningCommand } from "./command.ts";

const OTHERS = "Nov 27 14:02:07 host sshd[12]: Failed password for root from 192.0.2.1 port 22 ssh2\n";
const REFUSED = "Nov 27 14:02:07 host chronyd[12]: Could not connect: Connection refused\n";
const HAPROXY =
  'Nov 27 14:02:08 host haproxy[12]: 192.0.2.1:5000 [27/Nov/2026:14:02:08.123] web app/app-1 0/0/1/-1/30004 504 194 - - sH-- 1/1/0/0/0 0/0 "GET / HTTP/1.1"\n';

test("a gateway's lines are found in a system's log behind however many lines of others", async () => {
  for (const before of [OTHERS.repeat(200), (OTHERS + REFUSED).repeat(1000)]) {
    const directory = mkdtempSync(join(tmpdir(), "goodgateway-input-"));
    writeFileSync(join(directory, "syslog"), before + HAPROXY);
    await using command = new RunningCommand(["explain", "syslog"], { directory });
    assert.equal(await command.status(), 1);
    assert.match(command.stdout, /1\. head\.timeout at app\/app-1: 1 line/);
  }
});
