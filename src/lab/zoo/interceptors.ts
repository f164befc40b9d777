import type { HostPort } from "../../core/address.ts";
import { createSelfSigned } from "../../net/certificate.ts";
import { afterBytes, fin } from "../behaviours.ts";
import { createAuthority } from "../certificates.ts";
import { type LabConnection, splice } from "../lab-connection.ts";
import { formatAnswer } from "../lab-http.ts";
import { startLabServer } from "../lab-server.ts";
import { Carrier, type Tricks } from "./carrier.ts";
import { mixedProxy, startSocksProxy } from "./socks-proxy.ts";
import { HANDSHAKE, interceptTls, startInterceptor, startWebProxy, webProxy, withMore } from "./web-proxy.ts";
import { type Liars, liesBy, type ZooProxy, zooProxy } from "./zoo-proxy.ts";

const NAMES = ["127.0.0.1", "localhost"] as const;
const inTunnel: Tricks = { answer: (answer) => ({ ...answer, body: Buffer.concat([answer.body, Buffer.from("<!-- ad -->")]) }) };

/** Proxies that open what is encrypted. */
export const INTERCEPTORS: Liars = [
  intercepts("an interceptor under an authority of its own", () => startInterceptor(createAuthority().issue({ names: NAMES }))),
  intercepts("an interceptor whose authority has a trusted one's name", () =>
    startInterceptor(createAuthority("ISRG Root X1").issue({ names: NAMES })),
  ),
  intercepts("an interceptor with a self-signed certificate", () => startInterceptor(createSelfSigned({ names: NAMES }))),
  intercepts("an interceptor with an expired certificate", () =>
    startInterceptor(createAuthority().issue({ names: NAMES, notBefore: new Date(0), notAfter: new Date(1e9) })),
  ),
  intercepts("an interceptor that changes pages too", () => startInterceptor(createAuthority().issue({ names: NAMES }), inTunnel)),
  intercepts("an interceptor with a page of its own for everything", () =>
    startInterceptor(createAuthority().issue({ names: NAMES }), {
      instead: () => formatAnswer(200, { "Content-Type": "text/html" }, "hello"),
    }),
  ),
  intercepts("an interceptor that blocks what it has opened", () =>
    startInterceptor(createAuthority().issue({ names: NAMES }), {
      instead: () => formatAnswer(403, { "Content-Type": "text/html" }, "<h1>Blocked: uncategorized</h1>"),
    }),
  ),
  intercepts("an interceptor that closes what it has opened", async () => {
    const inside = await startLabServer(afterBytes(fin), createAuthority().issue({ names: NAMES }));
    const outer = await startWebProxy({
      tunnel: async (peer, to, carrier) => {
        const [first] = await peer.reader.peek(1);
        await splice(peer, await carrier.dial(first === HANDSHAKE ? inside : to));
      },
    });
    return withMore(outer, inside);
  }),
  intercepts("an interceptor that speaks TLS 1.2 alone", () =>
    startInterceptor({ ...createAuthority().issue({ names: NAMES }), maxVersion: "TLSv1.2" }),
  ),
  zooProxy("a SOCKS proxy that opens what is encrypted", "socks5", liesBy("honesty.tls_intercepted"), async () => {
    const inner = interceptTls(createAuthority().issue({ names: NAMES }));
    const proxy = await startSocksProxy({}, { tunnel: (peer, to, carrier) => inner.tunnel(peer, to, carrier) });
    return withMore(proxy, inner);
  }),
  ...([4, 5] as const).map((version) =>
    zooProxy(
      `HTTP and SOCKS on one port, where tunnels of SOCKS${version} alone are opened`,
      null,
      liesBy("honesty.tls_intercepted"),
      async () => {
        const inner = interceptTls(createAuthority().issue({ names: NAMES }));
        const passing = mixedProxy({}, webProxy(new Carrier()));
        const opening = mixedProxy({}, passing, new Carrier({ tunnel: (peer, to, carrier) => inner.tunnel(peer, to, carrier) }));
        const outer = await startLabServer(async (peer) => {
          const [first] = await peer.reader.peek(1);
          await (first === version ? opening : passing)(peer);
        });
        return withMore(outer, inner);
      },
    ),
  ),
  ...(["TLSv1.2", "TLSv1.3"] as const).map((minVersion) =>
    zooProxy(
      `a proxy that opens tunnels to names alone, by ${minVersion} at least`,
      "http",
      liesBy("honesty.tls_intercepted"),
      async () => {
        const inner = interceptTls({ ...createAuthority().issue({ names: NAMES }), minVersion });
        const proxy = await startWebProxy({
          tunnel: (peer, to, carrier, asked) => (asked === "localhost" ? inner.tunnel(peer, to, carrier) : passesOn(peer, to, carrier)),
        });
        return withMore(proxy, inner);
      },
    ),
  ),
  ...(["TLSv1.2", "TLSv1.3"] as const).map((minVersion) =>
    zooProxy(`a proxy that opens every other tunnel, by ${minVersion} at least`, "http", liesBy("honesty.tls_intercepted"), () => {
      let tunnels = 0;
      return startInterceptor({ ...createAuthority().issue({ names: NAMES }), minVersion }, {}, () => tunnels++ % 2 === 1);
    }),
  ),
];

function intercepts(title: string, start: ZooProxy["start"]): ZooProxy {
  return zooProxy(title, "http", liesBy("honesty.tls_intercepted"), start);
}

async function passesOn(peer: LabConnection, to: HostPort, carrier: Carrier): Promise<void> {
  await splice(peer, await carrier.dial(to));
}
