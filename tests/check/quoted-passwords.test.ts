import assert from "node:assert/strict";
import { test } from "node:test";
import { formatAnswer } from "../../src/lab/lab-http.ts";
import { type Tricks, withField } from "../../src/lab/zoo/carrier.ts";
import { startWebProxy } from "../../src/lab/zoo/web-proxy.ts";
import { runCheck } from "./run-check.ts";

const PASSWORD = "s3cr3t-pass";
const LOGIN = Buffer.from(`lab:${PASSWORD}`).toString("base64");

/** Whoever is given a password may quote it. */
const QUOTING: Readonly<Record<string, Tricks>> = {
  "in fields": { request: (request) => withField(withField(request, "X-User", `lab:${PASSWORD}`), "X-Login", LOGIN) },
  "in a page": { instead: () => formatAnswer(200, { Connection: "close" }, `<title>Hello lab, ${PASSWORD}</title>`) },
  "in a page, cut": { instead: () => formatAnswer(200, { Connection: "close" }, `${"x".repeat(74)}${PASSWORD}`) },
  "in a redirect": { instead: () => formatAnswer(302, { Location: `http://login.lab/${PASSWORD}/`, Connection: "close" }, "") },
  "in a refusal": {
    instead: () => Buffer.from(`HTTP/1.1 403 not ${PASSWORD}\r\nContent-Length: 0\r\n\r\n`),
    refuses: () => Buffer.from(`HTTP/1.1 403 not ${PASSWORD}\r\nContent-Length: 0\r\n\r\n`),
  },
  "in the answer": { answer: (answer) => ({ ...answer, body: Buffer.concat([answer.body, Buffer.from(PASSWORD)]) }) },
};

test("A password that a proxy quotes is in no result, whatever it comes back in; what was done with it is.", async () => {
  const proxies = await Promise.all(Object.values(QUOTING).map((tricks) => startWebProxy(tricks)));
  try {
    const results = await runCheck(
      proxies.map(({ port }) => `http://lab:${PASSWORD}@127.0.0.1:${port}`),
      ["--samples", "1"],
    );
    for (const [i, what] of Object.keys(QUOTING).entries()) {
      const text = JSON.stringify(results[i]);
      for (const secret of [PASSWORD, LOGIN, "s3cr"]) assert.ok(!text.includes(secret), `${what}: ${text}`);
      assert.match(text, /\*\*\*/, what);
    }
  } finally {
    for (const proxy of proxies) await proxy[Symbol.asyncDispose]();
  }
});
