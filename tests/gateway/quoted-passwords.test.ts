import assert from "node:assert/strict";
import { test } from "node:test";
import { afterHead, fin, says } from "../../src/lab/behaviours.ts";
import { type LabServer, startLabServer } from "../../src/lab/lab-server.ts";
import { dialClient, exchange } from "./client.ts";
import { type LabGateway, startLabGateway } from "./lab-gateway.ts";

const SECRET = "s3cret-word";
const BEHIND = "_country-de_session-a1b2c3d4";

/** Whoever is given a password may quote it. */
const QUOTING: Readonly<Record<string, string>> = {
  "in a vendor's field": `HTTP/1.1 407 No\r\nX-Error-Description: invalid password ${SECRET}\r\nContent-Length: 0\r\n\r\n`,
  "with what stands behind it": `HTTP/1.1 407 No\r\nX-Error-Description: invalid password ${SECRET}${BEHIND}\r\nContent-Length: 0\r\n\r\n`,
  "in its reason": `HTTP/1.1 407 wrong ${SECRET}\r\nX-Error-Description: ${SECRET} is no password\r\nContent-Length: 0\r\n\r\n`,
  "as it went over the wire": `HTTP/1.1 403 No\r\nX-Error-Description: ${Buffer.from(`bob:${SECRET}${BEHIND}`).toString("base64")} is spent\r\nContent-Length: 0\r\n\r\n`,
  "in the place of HTTP": `ERR wrong password ${SECRET}\r\n\r\n`,
};

/** All that clients and operators are shown. */
async function shownBy(gateway: LabGateway, request: string): Promise<string> {
  using peer = await dialClient(gateway.address);
  const { reason, fields, body } = await exchange(peer, request, "GET");
  const record = await gateway.nextRecord();
  return JSON.stringify([reason, fields, body.toString("latin1"), record, gateway.lines, gateway.events]);
}

for (const [how, answer] of Object.entries(QUOTING)) {
  test(`A password that an exit quotes ${how} is shown to nobody.`, async () => {
    await using exit: LabServer = await startLabServer(afterHead(says(answer, fin)));
    await using gateway = await startLabGateway({ exits: [`http://bob:${SECRET}${BEHIND}@${exit.host}:${exit.port}`] });
    for (const request of [
      "GET http://site.lab/ HTTP/1.1\r\nHost: site.lab\r\n\r\n",
      "CONNECT site.lab:443 HTTP/1.1\r\nHost: site.lab:443\r\n\r\n",
    ]) {
      const shown = await shownBy(gateway, request);
      assert.match(shown, /"outcome":"failed"/);
      assert.doesNotMatch(shown, new RegExp(`${SECRET}|${Buffer.from(`bob:${SECRET}`).toString("base64").slice(0, 12)}`), shown);
    }
  });
}

test("A password with characters that a quotation writes in another way, or that are no ASCII, is shown to nobody either.", async () => {
  for (const secret of [`one"cretword`, "one'cretword", "one\\cretword", "onécretword", "on&<cretword"]) {
    const inHtml = secret.replace(/&/g, "&amp;").replace(/</g, "&lt;");
    for (const answer of [
      `HTTP/1.1 407 No\r\nX-Error-Description: wrong ${secret}\r\nContent-Length: 0\r\n\r\n`,
      `HTTP/1.1 407 No\r\nX-Error-Description: ?p=${encodeURIComponent(secret).toLowerCase()}\r\nContent-Length: 0\r\n\r\n`,
      `HTTP/1.1 407 No\r\nX-Error-Description: wrong ${inHtml}\r\nContent-Length: 0\r\n\r\n`,
      `ERR wrong ${secret}\r\n\r\n`,
    ]) {
      await using exit: LabServer = await startLabServer(afterHead(says(answer, fin)));
      await using gateway = await startLabGateway({ exits: [`http://bob:${encodeURIComponent(secret)}@${exit.host}:${exit.port}`] });
      const shown = await shownBy(gateway, "CONNECT site.lab:443 HTTP/1.1\r\nHost: site.lab:443\r\n\r\n");
      assert.match(shown, /"outcome":"failed"/);
      assert.doesNotMatch(shown, /cretword/, shown);
    }
  }
});
