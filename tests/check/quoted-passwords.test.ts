import assert from "node:assert/strict";
import { test } from "node:test";
import { formatAnswer } from "../../src/lab/lab-http.ts";
import { type Tricks, withField } from "../../src/lab/zoo/carrier.ts";
import { startWebProxy } from "../../src/lab/zoo/web-proxy.ts";
import { runCheck } from "./run-check.ts";

/** Sentences of ours have these, and numbers, too. */
const USUAL = ["1", "http", "proxy", "8080"];

test("A password that is a usual word is hidden where a proxy quotes it, and nowhere else.", async () => {
  const says = (password: string): Tricks => ({ request: (request) => withField(request, "X-User", `don't tell 1.1 lab, ${password}.`) });
  const proxies = await Promise.all(USUAL.map((password) => startWebProxy(says(password))));
  try {
    const lines = proxies.map(({ port }, i) => `http://lab:${USUAL[i]}@127.0.0.1:${port}`);
    for (const [i, result] of (await runCheck(lines, ["--samples", "1"])).entries()) {
      const text = JSON.stringify(result);
      assert.match(text, /X-User: 'don\\\\'t tell 1\.1 lab, \*\*\*\.'/, USUAL[i]);
      assert.doesNotMatch(text.replaceAll("lab, ***.", ""), /\*\*\*/, USUAL[i]);
    }
  } finally {
    for (const proxy of proxies) await proxy[Symbol.asyncDispose]();
  }
});

const PASSWORD = "s3cr3t-pass";
const LOGIN = Buffer.from(`lab:${PASSWORD}`).toString("base64");

const refusal = (reason: string) => Buffer.from(`HTTP/1.1 403 ${reason}\r\nContent-Length: 0\r\n\r\n`);

/** Whoever is given a password may quote it. */
const QUOTING: Readonly<Record<string, Tricks>> = {
  "in fields": { request: (request) => withField(withField(request, "X-User", `lab:${PASSWORD}`), "X-Login", LOGIN) },
  "in a page": { instead: () => formatAnswer(200, { Connection: "close" }, `<title>Hello lab, ${PASSWORD}</title>`) },
  "in a page, cut": { instead: () => formatAnswer(200, { Connection: "close" }, `${"x".repeat(74)}${PASSWORD}`) },
  "in words that are cut": {
    instead: () => refusal(`${"x ".repeat(27)}${PASSWORD}`),
    refuses: () => refusal(`${"x ".repeat(27)}${PASSWORD}`),
  },
  "in a redirect": { instead: () => formatAnswer(302, { Location: `http://login.lab/${PASSWORD}/`, Connection: "close" }, "") },
  "in a refusal": { instead: () => refusal(`not ${PASSWORD}`), refuses: () => refusal(`not ${PASSWORD}`) },
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

test("A password in what is told of a target's page is hidden also where the text is cut within it.", async () => {
  const html = { "Content-Type": "text/html", Connection: "close" };
  const before = "x".repeat(73);
  const pages: Readonly<Record<string, Buffer>> = {
    "a title": formatAnswer(200, html, `<title>${before}${PASSWORD}</title>`),
    "a title that ends far behind": formatAnswer(200, html, `<title>${" ".repeat(295)}${PASSWORD}${"x".repeat(1000)}</title>`),
    "a title of an error": formatAnswer(200, html, `<title>404 Not Found - ${before.slice(16)}${PASSWORD}</title>`),
    "an error in JSON": formatAnswer(200, html, JSON.stringify({ error: `blocked${before.slice(7)}${PASSWORD}` })),
    "a way": formatAnswer(302, { ...html, Location: `/${before}${PASSWORD}` }, ""),
  };
  const proxies = await Promise.all(Object.values(pages).map((page) => startWebProxy({ instead: () => page })));
  try {
    const lines = proxies.map(({ port }) => `http://lab:${PASSWORD}@127.0.0.1:${port}`);
    const results = await runCheck(lines, ["--samples", "1", "--target", "http://127.0.0.1:9/"]);
    for (const [i, what] of Object.keys(pages).entries()) {
      const details = results[i]?.target?.details ?? "s3cr";
      assert.ok(!details.includes("s3cr"), `${what}: ${details}`);
    }
  } finally {
    for (const proxy of proxies) await proxy[Symbol.asyncDispose]();
  }
});
