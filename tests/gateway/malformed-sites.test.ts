import assert from "node:assert/strict";
import { test } from "node:test";
import { dialClient, exchange } from "./client.ts";
import { type LabGateway, startLabGateway } from "./lab-gateway.ts";
import { type Answering, ok, startRawTarget, targetOf } from "./raw-target.ts";

const MALFORMED: Readonly<Record<string, string>> = {
  "a status line that is none": "HTTP/1.1 OK\r\n\r\n",
  "two lengths": "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
};

/** As an exit that passes on what sites write. */
const relays =
  (malformed: string): Answering =>
  (request) =>
    targetOf(request).includes("//bad.lab/") ? malformed : ok("good");

async function ask(gateway: LabGateway, host: string, times: number): Promise<void> {
  for (let i = 0; i < times; i++) {
    using peer = await dialClient(gateway.address);
    await exchange(peer, `GET http://${host}/page HTTP/1.1\r\nHost: ${host}\r\n\r\n`, "GET");
  }
}

function benched({ events }: LabGateway): string[] {
  return events.flatMap((event) => (event.type === "hop-changed" && event.to === "benched" ? [event.exit] : []));
}

for (const [what, malformed] of Object.entries(MALFORMED)) {
  test(`a site whose every answer has ${what} is blamed, and no exit for it`, async () => {
    await using first = await startRawTarget(relays(malformed));
    await using second = await startRawTarget(relays(malformed));
    await using third = await startRawTarget(relays(malformed));
    const exits = [first, second, third].map(({ host, port }, index) => `http://${host}:${port} id=e${index}`);
    await using gateway = await startLabGateway({ exits });
    await ask(gateway, "good.lab", 8);
    for (let i = 0; i < 8; i++) await gateway.nextRecord();
    await ask(gateway, "bad.lab", 6);
    for (let i = 0; i < 6; i++) assert.equal((await gateway.nextRecord()).verdict?.culprit, "origin");
    assert.deepEqual(benched(gateway), []);
  });

  test(`an exit that alone makes ${what} of every site's answers is benched`, async () => {
    await using bad = await startRawTarget(() => malformed);
    await using second = await startRawTarget(() => ok("good"));
    await using third = await startRawTarget(() => ok("good"));
    const exits = [bad, second, third].map(({ host, port }, index) => `http://${host}:${port} id=e${index}`);
    await using gateway = await startLabGateway({ exits, options: { random: () => 0 } }); // draws from the front of the list
    for (const host of ["one.lab", "two.lab", "three.lab", "four.lab"]) await ask(gateway, host, 10);
    assert.deepEqual(benched(gateway), ["e0"]);
  });
}
