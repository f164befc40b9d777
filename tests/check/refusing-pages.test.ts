import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { kindOfTitle } from "../../src/check/page-titles.ts";
import { afterHead, fin, says } from "../../src/lab/behaviours.ts";
import { BLOCK_PAGES } from "../../src/lab/block-pages.ts";
import { formatAnswer } from "../../src/lab/lab-http.ts";
import { startLabServer } from "../../src/lab/lab-server.ts";
import { startWebProxy } from "../../src/lab/zoo/web-proxy.ts";
import { type Checking, startChecking, targetOf } from "./checking.ts";

const HTML = { "Content-Type": "text/html", Connection: "close" };

/** What is said of a site that answers so, through an honest proxy or by what the proxy has made itself. */
async function checkSite(
  checking: Checking,
  answer: Buffer,
  { isExits = false, body = null }: { isExits?: boolean; body?: string | null } = {},
) {
  await using site = await startLabServer(afterHead(says(answer, fin)));
  await using exit = await startWebProxy({ instead: () => (isExits ? answer : null) });
  const target = targetOf({ url: `http://127.0.0.1:${site.port}/`, status: null, body });
  return await checking.check(`http://127.0.0.1:${exit.port}`, { target });
}

function titled(title: string, body = "", fields: Readonly<Record<string, string>> = {}): Buffer {
  return formatAnswer(200, { ...HTML, ...fields }, `<!DOCTYPE html><html><head><title>${title}</title></head><body>${body}</body></html>`);
}

test("A block page is told by its words where its status is 200.", async () => {
  await using checking = await startChecking({ judges: [] });
  const pages = [
    "cloudflare-page",
    "akamai-denied",
    "imperva",
    "f5",
    "sucuri",
    "mod-security",
    "google-traffic",
    "amazon-robot-check",
  ] as const;
  const asOk = (page: Buffer) => Buffer.from(page.toString("latin1").replace(/^HTTP\/1\.1 \d+/, "HTTP/1.1 200"), "latin1");
  const answers = new Map<string, Buffer>([
    ...pages.map((name) => [name, asOk(BLOCK_PAGES[name])] as const),
    ["a captcha", titled("Please solve this CAPTCHA to go on")],
    ["a refusal", titled("Access Denied | Site")],
    ["a packed one", formatAnswer(200, { ...HTML, "Content-Encoding": "gzip" }, gzipSync("<title>Are you a robot?</title>"))],
    ["an API's", formatAnswer(200, { "Content-Type": "application/json" }, '{"error":"rate limit exceeded"}')],
    ["a redirect", formatAnswer(302, { Location: "http://block.opendns.com/main?url=site" }, "")],
    ["a redirect within", formatAnswer(302, { Location: "/captcha?next=secret" }, "")],
  ]);
  for (const [name, answer] of answers) {
    const { state, fault, target } = await checkSite(checking, answer);
    assert.deepEqual([state, target?.ok, fault?.id], ["answers", false, "relay.blocked"], name);
    assert.match(target?.details ?? "", /^a block page: the answer is a (?:200|302) /, name);
    assert.doesNotMatch(JSON.stringify(target), /secret/);
  }
});

test("A filter's page with 200 is the proxy's, as one with 403.", async () => {
  await using checking = await startChecking({ judges: [] });
  const { state, fault } = await checkSite(checking, titled("Web Filter Violation", "FortiGuard Intrusion Prevention"), { isExits: true });
  assert.deepEqual([state, fault?.id, fault?.culprit], ["dead", "handshake.policy_denied", "exit"]);
  assert.match(fault?.details ?? "", /^answered 200; FortiGate: /);
});

test("A page that says that nothing is there is not as expected, and blocks nobody.", async () => {
  await using checking = await startChecking({ judges: [] });
  const { target, fault } = await checkSite(checking, titled("404 Not Found"));
  assert.deepEqual([target?.ok, fault], [false, null]);
  assert.equal(target?.details, "answered 200, but its title says '404 Not Found'");
});

test("A good page is one, whatever it speaks of and whatever scripts it has; what is told of it lets people see which it was.", async () => {
  await using checking = await startChecking({ judges: [] });
  const long = "<p>lorem ipsum dolor sit amet</p>".repeat(400);
  const pages: readonly (readonly [string, Buffer])[] = [
    [
      "an article",
      titled("How CAPTCHAs work", `${long}The requested URL was rejected. Please consult with your administrator. Your support ID is 1`),
    ],
    ["an article by its words", titled("Access Denied", long)],
    ["a login", titled("Sign in", '<div class="g-recaptcha"></div><script src="https://www.google.com/recaptcha/api.js"></script>')],
    [
      "a guarded one",
      titled("Shop", '<div id="root"></div><script>window._pxAppId="PX1"</script><script src="/_Incapsula_Resource?SW=1"></script>'),
    ],
    ["an open script", titled("Shop", "<script>px-captcha")],
    ["an API", formatAnswer(200, { "Content-Type": "application/json" }, '{"error":null,"blocked":false,"quota":7}')],
    ["an API that wants more", formatAnswer(200, { "Content-Type": "application/json" }, '{"error":"missing parameter: q"}')],
    ["an API without errors", formatAnswer(200, { "Content-Type": "application/json" }, '{"errors":[],"blocked":false,"quota":7}')],
    ["an API whose error is empty", formatAnswer(200, { "Content-Type": "application/json" }, '{"error":{},"rate_limit":60}')],
    ["a redirect", formatAnswer(301, { Location: "https://www.site.lab/blocks/1" }, "")],
    ["a redirect to a block of a chain", formatAnswer(302, { Location: "/block/18000000" }, "")],
    ["one that is known by its hash", formatAnswer(302, { Location: "https://chain.lab/btc/block/0x00ab" }, "")],
    ["nothing", formatAnswer(200, HTML, "")],
  ];
  for (const [name, answer] of pages) {
    const { state, target } = await checkSite(checking, answer);
    assert.deepEqual([state, target?.ok], ["works", true], `${name}: ${target?.details}`);
  }
  const told = async (answer: Buffer) => (await checkSite(checking, answer)).target?.details;
  assert.equal(await told(titled("Sign in")), "answered 200 with the title 'Sign in', as expected");
  const away = formatAnswer(302, { Location: "http://portal.lab/login?from=192.0.2.1" }, "");
  assert.equal(await told(away), "answered 302, a redirect to 'http://portal.lab/login?...', as expected");
  assert.equal(await told(formatAnswer(200, HTML, "")), "answered 200 without a body, as expected");
});

test("A site whose name is that of a block page may lead to itself, and nobody else there.", async () => {
  await using checking = await startChecking({ judges: [] });
  const check = async (url: string, location: string) => {
    await using site = await startLabServer(afterHead(says(formatAnswer(301, { Location: location }, ""), fin)));
    await using exit = await startWebProxy({ way: () => ({ host: "127.0.0.1", port: site.port }) });
    const target = targetOf({ url, status: null, body: null });
    return (await checking.check(`http://127.0.0.1:${exit.port}`, { target })).target;
  };
  for (const location of ["https://block.lab/", "https://BLOCK.lab:443/en?x=1", "//block.lab/a"])
    assert.equal((await check("http://block.lab/", location))?.ok, true, location);
  assert.equal((await check("http://shop.lab/", "https://block.lab/"))?.ok, false);
  assert.equal((await check("http://block.lab/", "https://block.lab/captcha"))?.ok, false);
  assert.equal((await check("http://block.lab/", "https://block.lab.example/"))?.ok, false);
});

test("Where the page has what is expected in it, it is that page; it is found in whichever character set, and in large pages that come packed.", async () => {
  await using checking = await startChecking({ judges: [] });
  const large = gzipSync(`${"<p>lorem</p>".repeat(100_000)}welcome`);
  const answers: readonly (readonly [string, Buffer])[] = [
    ["welcome", titled("Just a moment...", "welcome")],
    ["größe", formatAnswer(200, { "Content-Type": "text/html; charset=iso-8859-1" }, Buffer.from("größe", "latin1"))],
    ["/GRÖSSE|größe/", formatAnswer(200, { "Content-Type": 'text/html; charset="ISO-8859-1"' }, Buffer.from("größe", "latin1"))],
    ["größe", formatAnswer(200, { "Content-Type": "text/html; charset=unheard-of" }, "größe")],
    ["welcome", formatAnswer(200, { ...HTML, "Content-Encoding": "gzip" }, large)],
  ];
  for (const [body, answer] of answers) {
    const { target } = await checkSite(checking, answer, { body });
    assert.equal(target?.ok, true, target?.details);
  }
});

test("A title is a refusal or an error where it is nothing else.", () => {
  const titles = {
    refusal: [
      "Access Denied",
      "403 - Forbidden",
      "ERROR: Access denied",
      "Attention Required! | Cloudflare",
      "Sorry, you have been blocked",
      "Just a moment...",
    ],
    error: ["404 Not Found", "404", "Error 500", "Page not found – Shop", "502 Bad Gateway", "The page could not be found"],
    null: [
      "404 Media",
      "Forbidden Planet",
      "Blocked drains in London",
      "Too many requests: how to read a 429",
      "Errors in C",
      "Status",
      "Status | Site",
      "500 best songs",
      "Log in",
      "",
    ],
  };
  for (const [kind, all] of Object.entries(titles)) for (const title of all) assert.equal(String(kindOfTitle(title)), kind, title);
});
