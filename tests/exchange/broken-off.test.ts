import assert from "node:assert/strict";
import { test } from "node:test";
import { formatHostPort } from "../../src/core/address.ts";
import { BAD_ANSWERS, type BadAnswer } from "../../src/lab/bad-answers.ts";
import { afterHead, fin, rst, says } from "../../src/lab/behaviours.ts";
import { startHttpExit } from "../../src/lab/http-exit.ts";
import { formatHead } from "../../src/lab/lab-http.ts";
import { type Behaviour, startLabServer } from "../../src/lab/lab-server.ts";
import { ask } from "../../src/lab/raw-client.ts";
import { type LabGateway, startLabGateway } from "../gateway/lab-gateway.ts";

/** In what ways an answer that has begun is not all of it. */
const BROKEN: Readonly<Record<string, Behaviour>> = {
  ...pick("truncatedByLength", "truncatedByChunk", "missingLastChunk", "resetInBody", "stallInBody", "badChunk", "badTrailers"),
  resetUntilClose: says(`${formatHead("HTTP/1.1 200 OK", { Connection: "close" })}some of it`, rst),
  emptyByLength: says(formatHead("HTTP/1.1 200 OK", { "Content-Length": "5" }), fin),
  emptyByChunk: says(formatHead("HTTP/1.1 200 OK", { "Transfer-Encoding": "chunked" }), fin),
};

/** For the last of these the end of the connection is the end of the answer, unless it is a reset. */
const CLIENTS = {
  "keeps its connection": ["HTTP/1.1", {}],
  "wants it closed": ["HTTP/1.1", { Connection: "close" }],
  "speaks HTTP/1.0": ["HTTP/1.0", {}],
} as const;

function pick(...names: readonly BadAnswer[]): Record<string, Behaviour> {
  return Object.fromEntries(names.map((name) => [name, BAD_ANSWERS[name]]));
}

const timeouts = { bodyIdle: 200 };

for (const [name, behaviour] of Object.entries(BROKEN)) {
  test(`an answer that breaks off (${name}) never ends as a whole one, whatever the client and the way`, async () => {
    await using target = await startLabServer(afterHead(behaviour));
    await using exit = await startHttpExit();
    await using direct = await startLabGateway({ timeouts });
    await using over = await startLabGateway({ exits: [`http://${formatHostPort(exit)} id=one`], timeouts });
    await using through = await startLabGateway({ exits: [`http://${formatHostPort(target)} id=bad`], timeouts });
    for (const [client, [version, fields]] of Object.entries(CLIENTS)) {
      for (const [way, lab] of Object.entries({ direct, over, through })) {
        const url = `http://${formatHostPort(target)}/`;
        const request = formatHead(`GET ${url} ${version}`, { Host: formatHostPort(target), ...fields });
        await assertBroken(lab, request, `${way}, a client that ${client}`);
      }
    }
  });
}

async function assertBroken(lab: LabGateway, request: string, which: string): Promise<void> {
  const { status, ending } = await ask(lab.address, request);
  const { outcome, verdict } = await lab.nextRecord();
  // An exit may notice before it passes a byte on, and then make an answer of its own that says so.
  if (status !== 200) assert.ok(status !== null && status >= 500, `${which}: ${status}`);
  else assert.notEqual(ending, "complete", which);
  assert.ok(outcome === "failed" || outcome === "relayed", `${which}: ${outcome}`);
  assert.notEqual(verdict, null, which);
}
