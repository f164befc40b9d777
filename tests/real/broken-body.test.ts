import assert from "node:assert/strict";
import { mkdtempDisposable, writeFile } from "node:fs/promises";
import { get } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { ProxyAgent, fetch as undiciFetch } from "undici";
import type { HostPort } from "../../src/core/address.ts";
import { BAD_ANSWERS } from "../../src/lab/bad-answers.ts";
import { afterHead, fin, rst, says } from "../../src/lab/behaviours.ts";
import { createAuthority } from "../../src/lab/certificates.ts";
import { type Behaviour, startLabServer } from "../../src/lab/lab-server.ts";
import { type LabGateway, type LabGatewayOptions, startLabGateway } from "../gateway/lab-gateway.ts";
import { assertNoBug } from "./ask.ts";
import { needs } from "./peers/programs.ts";
import { startSquid } from "./peers/squid.ts";
import { pythonGet } from "./python-client.ts";
import { curl, proxyUrl } from "./run-command.ts";

// The end of a response that broke off is never a clean end to whoever reads it.

const MEGABYTE = 1024 * 1024;
const LARGE = Buffer.alloc(4 * MEGABYTE, "0123456789abcdef");
const OK = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n";

const BROKEN: Readonly<Record<string, { readonly behaviour: Behaviour; readonly fault: string }>> = {
  "short of its length": { behaviour: BAD_ANSWERS.truncatedByLength, fault: "body.truncated" },
  "far short of a great length": {
    behaviour: says(Buffer.concat([Buffer.from(`${OK}Content-Length: ${2 * LARGE.length}\r\n\r\n`), LARGE]), fin),
    fault: "body.truncated",
  },
  "reset in the middle": { behaviour: BAD_ANSWERS.resetInBody, fault: "body.reset" },
  "in the middle of a chunk": { behaviour: BAD_ANSWERS.truncatedByChunk, fault: "body.truncated" },
  "without its last chunk": { behaviour: BAD_ANSWERS.missingLastChunk, fault: "body.truncated" },
  "in a chunk that is none": { behaviour: BAD_ANSWERS.badChunk, fault: "body.bad_chunk" },
  "reset where only its end would tell": { behaviour: says(`${OK}Connection: close\r\n\r\npart`, rst), fault: "body.reset" },
};

/** The error of a client that noticed; null: it took what it got for the whole. */
type Client = (url: string, gateway: HostPort) => Promise<string | null>;

const CURL: Client = async (url, gateway) => ofCurl(await curl(proxyUrl("http", gateway), ["-o", "/dev/null", url]));
const OLD_CURL: Client = async (url, gateway) => ofCurl(await curl(proxyUrl("http", gateway), ["-0", "-o", "/dev/null", url]));

const PYTHON: Client = async (url, gateway) => {
  const outcome = await pythonGet(url, proxyUrl("http", gateway));
  return "error" in outcome ? outcome.error : null;
};

const FETCH: Client = async (url, gateway) => {
  const agent = new ProxyAgent(proxyUrl("http", gateway));
  const noticed = await undiciFetch(url, { dispatcher: agent })
    .then((answer) => answer.text())
    .then(
      () => null,
      (error) => String(error.cause?.code ?? error),
    );
  await agent.destroy();
  return noticed;
};

const NODE: Client = (url, { host, port }) =>
  new Promise((resolve) => {
    get({ host, port, path: url, agent: false }, (answer) => {
      answer.once("error", (error: NodeJS.ErrnoException) => resolve(String(error.code)));
      answer.once("end", () => resolve(null));
      answer.resume();
    }).on("error", (error: NodeJS.ErrnoException) => resolve(String(error.code)));
  });

test("curl reports a transfer that is not whole, by 1.1 and by 1.0", needs("curl"), async () => {
  await assertNoticed(CURL, /^(?:18|56)$/);
  await assertNoticed(OLD_CURL, /^(?:18|56)$/);
});

test("Python's requests raise where a body is not whole, a body with a length too", needs("python3"), async () => {
  await assertNoticed(PYTHON, /^(?:ChunkedEncodingError|ConnectionError)$/);
});

test("fetch through undici's ProxyAgent rejects a body that is not whole", async () => {
  await assertNoticed(FETCH, /^(?:UND_ERR_SOCKET|ECONNRESET)$/);
});

test("Node's http reports a body that is not whole", async () => {
  await assertNoticed(NODE, /^ECONNRESET$/);
});

test("a body that breaks off behind Squid is noticed too", needs("curl", "python3", "squid"), async () => {
  await using squid = await startSquid();
  const exits = [`127.0.0.1:${squid.port}`];
  for (const title of ["short of its length", "without its last chunk"]) {
    for (const client of [CURL, PYTHON]) {
      const { noticed, record } = await breakOff(title, client, { exits });
      assert.notEqual(noticed, null, title);
      assert.deepEqual([record.outcome, record.verdict?.fault, record.verdict?.culprit], ["failed", "body.truncated", "exit"]);
    }
  }
});

test("a body that breaks off is noticed through the TLS listener too", needs("curl", "python3"), async () => {
  const authority = createAuthority();
  await using folder = await mkdtempDisposable(join(tmpdir(), "goodgateway-"));
  const caFile = join(folder.path, "authority.pem");
  await writeFile(caFile, authority.cert);
  const listener = { tls: authority.issue({ names: ["gateway.test", "127.0.0.1"] }) };
  const curlOverTls: Client = async (url, gateway) =>
    ofCurl(await curl(proxyUrl("https", gateway), ["--proxy-cacert", caFile, "-o", "/dev/null", url]));
  const pythonOverTls: Client = async (url, gateway) => {
    const outcome = await pythonGet(url, proxyUrl("https", gateway), caFile);
    return "error" in outcome ? outcome.error : null;
  };
  for (const title of Object.keys(BROKEN)) {
    assert.match(String((await breakOff(title, curlOverTls, { listener })).noticed), /^(?:18|56)$/, `curl, ${title}`);
    assert.match(String((await breakOff(title, pythonOverTls, { listener })).noticed), /Error$/, `requests, ${title}`);
  }
});

async function assertNoticed(client: Client, error: RegExp): Promise<void> {
  for (const [title, { fault }] of Object.entries(BROKEN)) {
    const { noticed, record } = await breakOff(title, client, {});
    assert.match(String(noticed), error, title);
    assert.deepEqual(
      [record.outcome, record.status, record.verdict?.fault, record.verdict?.culprit],
      ["failed", 200, fault, "origin"],
      title,
    );
  }
}

async function breakOff(title: string, client: Client, options: LabGatewayOptions) {
  await using site = await startLabServer(afterHead((BROKEN[title] as { behaviour: Behaviour }).behaviour));
  await using gateway: LabGateway = await startLabGateway(options);
  const noticed = await client(`http://127.0.0.1:${site.port}/`, gateway.address);
  const record = await gateway.nextRecord();
  assertNoBug(gateway);
  return { noticed, record };
}

function ofCurl({ status }: { readonly status: number | null }): string | null {
  return status === 0 ? null : String(status);
}
