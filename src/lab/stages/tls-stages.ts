import type { HostPort } from "../../core/address.ts";
import type { TlsFaultId } from "../../core/faults/tls.ts";
import { BAD_ANSWERS } from "../bad-answers.ts";
import { BAD_TUNNELS, type BadTunnel } from "../bad-exits.ts";
import { afterBytes, fin, rst, says, silence } from "../behaviours.ts";
import { createAuthority, type LabAuthority } from "../certificates.ts";
import { fakeResolver } from "../fake-resolver.ts";
import { startHttpExit } from "../http-exit.ts";
import { formatAnswer, formatHead } from "../lab-http.ts";
import { type Behaviour, startLabServer } from "../lab-server.ts";
import { ask, openConnect, proxyGet, type RawAnswer, readAnswer, startClientTls } from "../raw-client.ts";
import { startSite } from "../site.ts";
import { alerts, type BadTls, badTls, corruptRecord } from "../tls-trouble.ts";
import { addressOf, breaksOff, exitAt, fails, LOW_MS, type Props, type Scene, stage } from "./scenes.ts";
import type { Changes, Stage } from "./stage.ts";

const NAME = "site.lab";

/** One authority for all: making it takes longer than everything else here. */
let authorityOnce: LabAuthority | null = null;
function authority(): LabAuthority {
  authorityOnce ??= createAuthority();
  return authorityOnce;
}

const clearText = afterBytes(says(formatAnswer(400, { Server: "nginx/1.27.3", Connection: "close" }, "plain HTTP\n"), fin));

export const TLS_STAGES: Readonly<Record<TlsFaultId, Stage>> = {
  "tls.handshake_timeout": stage(
    "the target never answers a ClientHello",
    fails(504, "tls.handshake_timeout", "origin"),
    target(silence, { timeouts: { tls: LOW_MS } }),
  ),
  "tls.closed_in_handshake": stage(
    "the target closes on a ClientHello",
    fails(502, "tls.closed_in_handshake", "origin"),
    target(afterBytes(fin)),
  ),
  "tls.protocol_mismatch": stage("the target speaks clear HTTP", fails(502, "tls.protocol_mismatch", "gateway"), target(clearText)),
  "tls.malformed": stage(
    "the target answers a ClientHello with garbage",
    fails(502, "tls.malformed", "origin"),
    target(afterBytes(BAD_ANSWERS.garbage)),
  ),
  "tls.version_or_cipher": alerted(70, "tls.version_or_cipher"),
  "tls.sni_unrecognized": alerted(112, "tls.sni_unrecognized"),
  "tls.client_cert_required": presented("wantsCertificate", "tls.client_cert_required", "gateway"),
  "tls.alert": alerted(80, "tls.alert"),
  "tls.alpn_mismatch": presented("onlyHttp2", "tls.alpn_mismatch", "origin"),
  "tls.cert_expired": presented("expired", "tls.cert_expired", "origin"),
  "tls.cert_not_yet_valid": presented("notYetValid", "tls.cert_not_yet_valid", "origin"),
  "tls.cert_untrusted": presented("selfSigned", "tls.cert_untrusted", "origin"),
  "tls.cert_name_mismatch": presented("wrongName", "tls.cert_name_mismatch", "origin"),
  "tls.mid_stream_error": stage("a record of the target's breaks", fails(502, "tls.mid_stream_error", "origin"), async (props) =>
    httpsGet(await props.use(startLabServer(corruptRecord, authority().issue({ names: [NAME] })))),
  ),
};

export const MORE_TLS_STAGES: readonly Stage[] = [
  alerted(40, "tls.version_or_cipher"),
  stage("the target resets on a ClientHello", fails(502, "tls.closed_in_handshake", "origin"), target(afterBytes(rst))),
  stage("the target of TLS is an SSH server", fails(502, "tls.protocol_mismatch", "gateway"), target(BAD_ANSWERS.sshBanner)),
  stage("an exit's tunnel closes on our own ClientHello", fails(502, "tls.closed_in_handshake", "origin"), tunnelTo("finAfterHello")),
  stage("an exit's tunnel answers our own ClientHello with garbage", fails(502, "tls.malformed", "origin"), tunnelTo("garbageAfterHello")),
  stage("an https exit's certificate has expired", fails(502, "tls.cert_expired", "exit"), secureExit("expired")),
  stage("an https exit's certificate is its own", fails(502, "tls.cert_untrusted", "exit"), secureExit("selfSigned")),
  stage("an https exit's certificate is for another name", fails(502, "tls.cert_name_mismatch", "exit"), secureExit("wrongName")),
  stage("an exit that is listed as https speaks clear HTTP", fails(502, "tls.protocol_mismatch", "gateway"), fakeSecureExit(clearText)),
  stage("an https exit closes on a ClientHello", fails(502, "tls.closed_in_handshake", "exit"), fakeSecureExit(afterBytes(fin))),
  stage("an https exit sends alert 40", fails(502, "tls.version_or_cipher", "exit"), fakeSecureExit(alerts(40))),
];

/** client -CONNECT, TLS-> gateway -> exit that opens the tunnel and plays the target itself: the client's own handshake fails. */
export const FIRST_FLIGHT_STAGES: readonly Stage[] = [
  firstFlight("finAfterHello", "tls.closed_in_handshake", "origin"),
  firstFlight("rstAfterHello", "tls.closed_in_handshake", "origin"),
  firstFlight("silentAfterHello", "tls.handshake_timeout", "origin", { timeouts: { tls: LOW_MS } }),
  firstFlight("garbageAfterHello", "tls.malformed", "origin"),
  firstFlight("pageAfterHello", "tls.protocol_mismatch", "exit"),
];

function firstFlight(bad: BadTunnel, fault: TlsFaultId, culprit: "origin" | "exit", changes: Changes = {}): Stage {
  return stage(`an exit's tunnel is ${bad} for a client's own ClientHello`, breaksOff(fault, culprit), async (props) => {
    const scene = await tunnelTo(bad)(props);
    return { ...scene, changes, play: (gateway) => getOverTls(addressOf(gateway)) };
  });
}

async function getOverTls(gateway: HostPort): Promise<RawAnswer> {
  const { answer, peer } = await openConnect(gateway, `${NAME}:443`);
  try {
    const secure = await startClientTls(peer, { servername: NAME, ca: authority().cert });
    await secure.send(formatHead("GET /bytes/5 HTTP/1.1", { Host: NAME }));
    return await readAnswer(secure, "GET");
  } catch {
    return { ...answer, ending: "closed" }; // the handshake failed; how, Node's TLS tells in many words
  } finally {
    peer.wire.destroy();
  }
}

/** gateway -TLS-> target that never gets to it. */
function target(bad: Behaviour, changes: Changes = {}): (props: Props) => Promise<Scene> {
  return async (props) => httpsGet(await props.server(bad), changes);
}

function alerted(code: number, fault: TlsFaultId): Stage {
  return stage(`the target answers a ClientHello with alert ${code}`, fails(502, fault, "origin"), target(alerts(code)));
}

function presented(bad: BadTls, fault: TlsFaultId, culprit: "origin" | "gateway"): Stage {
  return stage(`the target's TLS is ${bad}`, fails(502, fault, culprit), async (props) =>
    httpsGet(await props.use(startSite(badTls(authority(), NAME)[bad]))),
  );
}

function httpsGet({ host, port }: { host: string; port: number }, changes: Changes = {}): Scene {
  return {
    resolver: fakeResolver({ [NAME]: [host] }),
    changes: { ca: [authority().cert], ...changes },
    play: (gateway) => ask(addressOf(gateway), proxyGet(`https://${NAME}:${port}/bytes/5`)),
  };
}

/** gateway -CONNECT-> exit that opens the tunnel and plays the target itself. */
function tunnelTo(bad: BadTunnel): (props: Props) => Promise<Scene> {
  return async (props) => {
    const site = await props.site(authority().issue({ names: [NAME] }));
    const good = await props.use(startHttpExit({ reach: { [NAME]: site } }));
    return {
      ...httpsGet(site),
      exits: [exitAt(await props.server(BAD_TUNNELS[bad]))],
      rescuer: exitAt(good, "http", { id: "good" }),
    };
  };
}

/** gateway -TLS-> exit with a certificate that is not right for 127.0.0.1. */
function secureExit(bad: BadTls): (props: Props) => Promise<Scene> {
  return async (props) => secureExitScene(props, await props.use(startHttpExit({ tls: badTls(authority(), "127.0.0.1")[bad] })));
}

function fakeSecureExit(bad: Behaviour): (props: Props) => Promise<Scene> {
  return async (props) => secureExitScene(props, await props.server(bad));
}

async function secureExitScene(props: Props, bad: { host: string; port: number }): Promise<Scene> {
  const site = await props.site();
  const good = await props.use(startHttpExit({ tls: authority().issue({ names: ["127.0.0.1"] }) }));
  return {
    exits: [exitAt(bad, "https")],
    rescuer: exitAt(good, "https", { id: "good" }),
    changes: { ca: [authority().cert] },
    play: (gateway) => ask(addressOf(gateway), proxyGet(`http://${site.host}:${site.port}/bytes/5`)),
  };
}
