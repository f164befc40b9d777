import assert from "node:assert/strict";
import { test } from "node:test";
import type { ExitScheme } from "../../src/core/route.ts";
import type { Question } from "../../src/diagnose/question.ts";
import { afterBytes, fin, silence } from "../../src/lab/behaviours.ts";
import { formatAnswer } from "../../src/lab/lab-http.ts";
import { type Behaviour, type LabServer, startLabServer } from "../../src/lab/lab-server.ts";
import { startSite } from "../../src/lab/site.ts";
import { exitAt } from "../../src/lab/stages/scenes.ts";
import { RunningCommand } from "../cli/command.ts";
import { diagnosisOf, impatient, shownOf } from "./diagnosing.ts";

const USER = "maier-zone-de";
const PASSWORD = "p&ss w<rd'42é";
const BASIC = Buffer.from(`${USER}:${PASSWORD}`).toString("base64");
const OWN_LOGIN = Buffer.from("anna:schatz77").toString("base64");

const FIELDS = [
  ...["Authorization", "Bearer eyJhbGciOi.Zm9vYmFy", "Cookie", "sid=4f00ba12; lang=xq; theme=dark-mode"],
  ...["X-Api-Key", "k3y", "X-Session-Auth", `Basic ${OWN_LOGIN}`, "Accept", "text/html"],
];
const SEARCH = "?token=tok%2Fen-9911&page=zq7&deep=%C3%BCber%20alles";
const BODY = Buffer.from('{"login": "heinrich", "pin": 447712}');

/** What nobody may see again. */
const HIDDEN: readonly string[] = [
  ...[USER, PASSWORD, Buffer.from(PASSWORD).toString("latin1"), encodeURIComponent(PASSWORD), "p&amp;ss w&lt;rd", "p&ss w", BASIC],
  ...["eyJhbGciOi", "Zm9vYmFy", "4f00ba12", "xq", "dark-mode", "k3y", OWN_LOGIN, "anna", "schatz77"],
  ...["tok%2Fen-9911", "tok/en-9911", "9911", "zq7", "über", "Ã¼ber", "%C3%BCber", "alles", "heinrich", "447712"],
];

function assertHidden(shown: string, what: string): void {
  for (const secret of HIDDEN) {
    assert.ok(!shown.includes(secret), `${what} shows ${secret}: ${shown}`);
    const hex = [...Buffer.from(secret)].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
    assert.ok(!shown.includes(hex), `the dump of ${what} shows ${secret}: ${shown}`);
  }
}

/** Answers with whatever came, made into something else. */
function echoes(quote: (came: string) => Buffer | string): Behaviour {
  return async (peer) => {
    const head = (await peer.reader.until("\r\n\r\n")).toString("latin1");
    const opened = [...head.matchAll(/Basic (\S+)/g)].map(([, code = ""]) => Buffer.from(code, "base64").toString("latin1"));
    await peer.send(quote(`${opened.join("\r\n")}\r\n${head}`));
    await fin(peer);
  };
}

function oneLine(text: string): string {
  return text.trim().replaceAll("\r\n", " ");
}

function inHtml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll("'", "&#39;");
}

const ECHOES: Readonly<Record<string, (came: string) => Buffer | string>> = {
  "an error page": (came) => formatAnswer(502, {}, came),
  "an error page with it in the middle": (came) => formatAnswer(500, {}, `${"-".repeat(40)}${came}`),
  "an HTML page": (came) => formatAnswer(503, { "Content-Type": "text/html" }, `<pre>${inHtml(came)}</pre>`),
  "a JSON page": (came) => formatAnswer(500, {}, JSON.stringify({ came })),
  "a percent-encoded page": (came) => formatAnswer(500, {}, encodeURIComponent(Buffer.from(came, "latin1").toString("utf8"))),
  "a good page": (came) => formatAnswer(200, {}, came),
  "a good page's product": (came) => formatAnswer(200, { Server: oneLine(came) }, came),
  "a title that is cut": (came) => formatAnswer(200, {}, `<title>${"-".repeat(60)}${inHtml(oneLine(came))}</title>`),
  "a name of a Squid": (came) => formatAnswer(403, {}, `Generated now by ${oneLine(came).replace(/[^\w.-].*/s, "")} (squid/6.13)`),
  "a page that wants a login": (came) => formatAnswer(407, { "Proxy-Authenticate": `Basic realm="${oneLine(came)}"` }, came),
  "a reason phrase": (came) => `HTTP/1.1 502 ${oneLine(came)}\r\nContent-Length: 0\r\n\r\n`,
  "a request id": (came) => formatAnswer(502, { "X-Request-Id": oneLine(came), "CF-Ray": oneLine(came), Via: `1.1 ${oneLine(came)}` }, ""),
  "a Proxy-Status": (came) =>
    formatAnswer(502, { "Proxy-Status": `edge; error=connection_refused; details="${oneLine(came).replace(/["\\]/g, "")}"` }, ""),
  "an error of Squid": (came) => formatAnswer(503, { "X-Squid-Error": `ERR_CONNECT_FAIL ${oneLine(came)}`, Server: "squid/5.7" }, came),
  "an error of a vendor": (came) =>
    formatAnswer(502, { "x-brd-err-code": "peer_30030", "x-brd-err-msg": oneLine(came), "X-Error-Description": oneLine(came) }, ""),
  "bytes of no protocol": (came) => came,
  "bytes that are cut": (came) => came.slice(0, 20),
  "a field that is none": (came) => `HTTP/1.1 200 OK\r\n${oneLine(came).replaceAll(":", " ")} x: y\r\n\r\n`,
  "a status that is none": (came) => `HTTP/1.1 ${oneLine(came)}\r\n\r\n`,
  "a length that is none": (came) => `HTTP/1.1 200 OK\r\nContent-Length: ${oneLine(came)}\r\n\r\n`,
  "a coding that is none": (came) => `HTTP/1.1 200 OK\r\nTransfer-Encoding: ${oneLine(came)}\r\n\r\n`,
  "a chunk that is none": (came) => `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n${oneLine(came)}\r\n`,
};

function questionAt({ host, port }: LabServer): Partial<Question> {
  return { url: new URL(`http://${host}:${port}/${SEARCH}`), method: "PUT", fields: FIELDS, body: BODY };
}

test("what a site quotes back of cookies, logins, the query and the body is not shown", async () => {
  for (const [what, quote] of Object.entries(ECHOES)) {
    await using site = await startLabServer(echoes(quote));
    assertHidden(await shownOf(site, [], questionAt(site)), what);
  }
});

test("what an HTTP proxy quotes back of its login and of the request is not shown", async () => {
  await using site = await startSite();
  for (const [what, quote] of Object.entries(ECHOES)) {
    await using exit = await startLabServer(echoes(quote));
    const via = [exitAt(exit, "http", { username: USER, password: PASSWORD })];
    assertHidden(await shownOf(site, via, questionAt(site), impatient), what);
  }
});

test("what a proxy quotes back of the login to a tunnel is not shown, nor what one hop of a chain says of another's", async () => {
  await using site = await startSite();
  for (const [what, quote] of Object.entries(ECHOES)) {
    await using exit = await startLabServer(echoes(quote));
    const { hops, ...rest } = exitAt(exit, "http", { username: USER, password: PASSWORD });
    const via = [{ ...rest, hops: [...hops, ...hops] }];
    assertHidden(await shownOf(site, via, questionAt(site), impatient), what);
  }
});

test("what a SOCKS port quotes back of its login is not shown", async () => {
  await using site = await startSite();
  for (const scheme of ["socks5h", "socks4a"] satisfies ExitScheme[]) {
    await using exit = await startLabServer(
      afterBytes(async (peer) => {
        if (scheme === "socks5h") {
          await peer.reader.take(4);
          await peer.send(Buffer.of(5, 2));
        }
        const came = await peer.reader.next();
        await peer.send(came?.subarray(scheme === "socks5h" ? 2 : 8) ?? "");
        await silence(peer);
      }),
    );
    const via = [exitAt(exit, scheme, { username: USER, password: PASSWORD })];
    assertHidden(await shownOf(site, via, questionAt(site), impatient), scheme);
  }
});

test("of a secret that is cut off where it is quoted, the beginning is not shown either", async () => {
  for (const before of [28, 196]) {
    const filler = "+".repeat(before);
    const quoted = `${filler}${USER}\r\n`;
    await using exit = await startLabServer(echoes(() => (before < 64 ? quoted : formatAnswer(502, {}, quoted))));
    const shown = await shownOf(exit, [exitAt(exit, "http", { username: USER, password: null })], {}, impatient);
    assert.match(shown, /\+{28}\*\*\*/);
    assert.doesNotMatch(shown, /\+mai/);
  }
});

test("a short secret leaves the rest of what is quoted readable", async () => {
  await using site = await startLabServer(echoes((came) => formatAnswer(502, {}, came)));
  const url = new URL(`http://${site.host}:${site.port}/?n=1&a=e`);
  const { tests } = await diagnosisOf(site, [], { url, fields: ["X-Token", "1"] });
  const { excerpt } = tests[0] as (typeof tests)[number];
  assert.match(excerpt ?? "", /^\r\nGET \/\?n=\*\*\*&a=\*\*\* HTTP\/1\.1\r\nHost: 127\.0\.0\.1:\d+\r\nX-Token: \*\*\*\r\n/);
});

test("the command shows no secret that it was given, whatever the site says, and quotes none where it was given wrongly", async () => {
  await using site = await startLabServer(echoes((came) => formatAnswer(502, {}, came)));
  const url = `http://${site.host}:${site.port}/${SEARCH}`;
  const fields = ["-H", "Authorization: Bearer eyJhbGciOi.Zm9vYmFy", "-H", "Cookie: sid=4f00ba12"];
  const via = ["--via", `http://${USER}:schatz77@${site.host}:${site.port}`];
  for (const [args, status] of [
    [[url, ...fields, ...via], 1],
    [[url, ...fields, ...via, "--json"], 1],
    [[url, "-H", `Proxy-Authorization: Basic ${BASIC}`], 2],
    [[url, "-H", "Authorization eyJhbGciOi"], 2],
    [[`http://${USER}:schatz77@site.example/`], 2],
    [[`ftp://${USER}:schatz77@site.example/`], 2],
    [[url, "--via", `http://${USER}:schatz77@site.example:no`], 2],
  ] as const) {
    await using command = new RunningCommand(["diagnose", ...args]);
    assert.equal(await command.status(), status);
    assertHidden(command.stdout + command.stderr, args.join(" "));
  }
});
