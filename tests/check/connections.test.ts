import { test } from "node:test";
import { formatAnswer } from "../../src/lab/lab-http.ts";
import { type LabServer, startLabServer } from "../../src/lab/lab-server.ts";
import { Carrier } from "../../src/lab/zoo/carrier.ts";
import { mixedProxy } from "../../src/lab/zoo/socks-proxy.ts";
import { startWebProxy, webProxy } from "../../src/lab/zoo/web-proxy.ts";
import { startChecking } from "./checking.ts";

/** Checks what keeps its connections for as long as we do, and waits for all of them to be ended. */
async function checkAndLeave(start: () => Promise<LabServer>, scheme: string): Promise<void> {
  await using checking = await startChecking();
  await using exit = await start();
  await checking.check(`${scheme}${exit.host}:${exit.port}`);
  await exit.whenLeft(exit.accepted);
}

const LEFT_MS_MAX = 15_000;

test("No connection is left to an honest proxy.", { timeout: LEFT_MS_MAX }, async () => {
  await checkAndLeave(() => startWebProxy(), "http://");
});

test("No connection is left to a proxy that was met by several protocols.", { timeout: LEFT_MS_MAX }, async () => {
  await checkAndLeave(() => startLabServer(mixedProxy({}, webProxy(new Carrier()))), "");
});

test("No connection is left to a proxy that answers with a page of its own.", { timeout: LEFT_MS_MAX }, async () => {
  const instead = () => formatAnswer(200, { "Content-Type": "text/html" }, "hello");
  await checkAndLeave(() => startWebProxy({ instead }), "http://");
});

test("No connection is left to a proxy whose line names another protocol than it speaks.", { timeout: LEFT_MS_MAX }, async () => {
  const web = webProxy(new Carrier());
  const start = () =>
    startLabServer(async (peer) => {
      const [first = 0] = await peer.reader.peek(1);
      if (first > 5) return web(peer);
      await peer.send(formatAnswer(400, {}, "bad request"));
      await peer.end();
    });
  await checkAndLeave(start, "socks5://");
});
