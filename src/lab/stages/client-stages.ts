import type { ClientFaultId } from "../../core/faults/client.ts";
import { BAD_ANSWERS } from "../bad-answers.ts";
import { leavesAt, leavesInBody, readsLate, sendsPartOf, smugglingRequests } from "../bad-clients.ts";
import { createAuthority } from "../certificates.ts";
import { formatHead } from "../lab-http.ts";
import type { LabServer } from "../lab-server.ts";
import { ask, openConnect, proxyGet, type RawAnswer } from "../raw-client.ts";
import { addressOf, fails, LOW_MS, type Props, type Scene, stage, urlOf } from "./scenes.ts";
import type { Changes, Expected, Stage } from "./stage.ts";

const users = [{ name: "lab", password: "right" }];
const MANY_BYTES = "/bytes/50000000"; // more than all buffers on the way hold

export const CLIENT_STAGES: Readonly<Record<ClientFaultId, Stage>> = {
  "client.bad_request": refused(400, "client.bad_request", "a client asks as of a site, not of a proxy", () =>
    formatHead("GET / HTTP/1.1", { Host: "site.lab" }),
  ),
  "client.smuggling_suspect": smuggles("lengthAndChunked"),
  "client.header_too_large": refused(431, "client.header_too_large", "a client sends a head of 90 KB", (url) =>
    proxyGet(url, { "X-One": "v".repeat(30_000), "X-Two": "v".repeat(30_000), "X-Three": "v".repeat(30_000) }),
  ),
  "client.uri_too_long": refused(414, "client.uri_too_long", "a client asks for a URL of 40 KB", (url) =>
    proxyGet(url + "x".repeat(40_000)),
  ),
  "client.request_timeout": stage(
    "a client stops in the middle of its head",
    fails(408, "client.request_timeout", "client", { attempts: 0 }),
    overSite((gateway) => sendsPartOf(gateway, "GET http://site.lab/ HTTP/1.1\r\nHos"), { timeouts: { clientHead: LOW_MS } }),
  ),
  "client.body_timeout": stage(
    "a client stops in the middle of its body",
    fails(408, "client.body_timeout", "client"),
    overSite((gateway, site) => sendsPartOf(gateway, partOfPost(site), "POST"), { timeouts: { bodyIdle: LOW_MS } }),
  ),
  "client.denied": stage(
    "a client comes from a network that is not allowed",
    fails(403, "client.denied", "client", { attempts: 0 }),
    overSite((gateway, site) => ask(gateway, proxyGet(urlOf(site))), { listener: { allow: ["192.0.2.0/24"] } }),
  ),
  "client.proxy_auth_required": stage(
    "a client gives no credentials where some are wanted",
    fails(407, "client.proxy_auth_required", "client", { attempts: 0 }),
    overSite((gateway, site) => ask(gateway, proxyGet(urlOf(site))), { listener: { users } }),
  ),
  "client.proxy_auth_invalid": stage(
    "a client gives the wrong password",
    fails(407, "client.proxy_auth_invalid", "client", { attempts: 0 }),
    overSite((gateway, site) => ask(gateway, proxyGet(urlOf(site), basic("lab:wrong"))), { listener: { users } }),
  ),
  "client.tls_handshake_failed": stage(
    "a client breaks off TLS with a listener that has a certificate",
    fails(null, "client.tls_handshake_failed", "client", { outcome: null, ending: "broken", attempts: 0 }),
    overSite((gateway) => ask(gateway, Buffer.from("160301000501000001ff", "hex")), {
      listener: { tls: createAuthority().issue({ names: ["127.0.0.1"] }) },
    }),
  ),
  "client.closed_waiting": stage("a client leaves before the answer", aborted("client.closed_waiting"), async (props) => {
    const target = await props.server(BAD_ANSWERS.silence);
    return { play: (gateway) => leavesAt(addressOf(gateway), proxyGet(urlOf(target)), () => target.whenAccepted(1)) };
  }),
  "client.closed_during_request": stage(
    "a client leaves in the middle of its body",
    aborted("client.closed_during_request"),
    overSite((gateway, site) => leavesAt(gateway, partOfPost(site), () => site.whenAccepted(1))),
  ),
  "client.closed_during_response": stage(
    "a client leaves in the middle of the answer",
    { ...aborted("client.closed_during_response"), status: 200 },
    overSite((gateway, site) => leavesInBody(gateway, proxyGet(urlOf(site, MANY_BYTES)))),
  ),
  "client.slow_reader": stage(
    "a client asks for much and does not read it",
    { ...aborted("client.slow_reader"), status: 200 },
    overSite((gateway, site) => readsLate(gateway, proxyGet(urlOf(site, MANY_BYTES)), () => site.whenLeft(1)), {
      timeouts: { bodyIdle: LOW_MS },
    }),
  ),
};

export const MORE_CLIENT_STAGES: readonly Stage[] = [
  stage(
    "a client asks a public listener for a tunnel to a port that is not allowed",
    fails(403, "client.denied", "client", { attempts: 0 }),
    overSite(async (gateway) => (await openConnect(gateway, "192.0.2.1:25")).answer, {
      targets: { addresses: "public", tunnelPorts: [443] },
    }),
  ),
  stage(
    "a client gives an unknown parameter in its user name",
    fails(407, "client.proxy_auth_invalid", "client", { attempts: 0 }),
    overSite((gateway, site) => ask(gateway, proxyGet(urlOf(site), basic("lab-planet-mars:x")))),
  ),
  smuggles("twoLengths"),
  smuggles("chunkedNotLast"),
];

function smuggles(kind: keyof ReturnType<typeof smugglingRequests>): Stage {
  return refused(400, "client.smuggling_suspect", `a client's request is ambiguous: ${kind}`, (url) => smugglingRequests(url)[kind] ?? "");
}

/** Answered by the gateway without an attempt. */
function refused(status: number, fault: ClientFaultId, title: string, request: (url: string) => string): Stage {
  return stage(
    title,
    fails(status, fault, "client", { attempts: 0 }),
    overSite((gateway, site) => ask(gateway, request(urlOf(site)))),
  );
}

function aborted(fault: ClientFaultId): Expected {
  return fails(null, fault, "client", { outcome: "aborted", ending: "broken" });
}

/** client -> gateway -> a site that works. */
function overSite(
  play: (gateway: { host: string; port: number }, site: LabServer) => Promise<RawAnswer>,
  changes: Changes = {},
): (props: Props) => Promise<Scene> {
  return async (props) => {
    const site = await props.site();
    return { changes, play: (gateway) => play(addressOf(gateway), site) };
  };
}

function partOfPost({ host, port }: LabServer): string {
  const head = formatHead(`POST ${urlOf({ host, port }, "/echo")} HTTP/1.1`, { Host: `${host}:${port}`, "Content-Length": "1000" });
  return `${head}half of it`;
}

export function basic(credentials: string): Record<string, string> {
  return { "Proxy-Authorization": `Basic ${Buffer.from(credentials).toString("base64")}` };
}
