import type { HandshakeFaultId } from "../../core/faults/handshake.ts";
import { BAD_ANSWERS, type BadAnswer } from "../bad-answers.ts";
import { BAD_SOCKS, type BadSocks } from "../bad-exits.ts";
import { afterHead } from "../behaviours.ts";
import { startHttpExit } from "../http-exit.ts";
import { findClosedPort } from "../lab-server.ts";
import { type Refusal, refuses } from "../refusals.ts";
import { startSocksExit } from "../socks-exit.ts";
import { addressOf, exitAt, fails, getThroughTunnel, LOW_MS, type Props, type Scene, stage, tunnelVia, tunnelViaExit } from "./scenes.ts";
import type { Stage } from "./stage.ts";

const credentials = { username: "lab", password: "right" };
const wrong = { username: "lab", password: "wrong" };
const hasty = { timeouts: { handshake: LOW_MS } };

export const HANDSHAKE_STAGES: Readonly<Record<HandshakeFaultId, Stage>> = {
  "handshake.connect_failed": stage(
    "the first exit of a chain cannot reach the second",
    fails(502, "handshake.connect_failed", "exit"),
    brokenChain,
  ),
  "handshake.auth_required": refused("auth407", "handshake.auth_required", 502, "gateway"),
  "handshake.auth_failed": stage(
    "the exit refuses the list's password",
    fails(502, "handshake.auth_failed", "gateway"),
    tunnelViaExit((props) => props.use(startHttpExit({ credentials })), { hop: wrong }),
  ),
  "handshake.connect_rejected": refused("bare500", "handshake.connect_rejected", 502, "exit"),
  "handshake.target_unresolvable": refused("squidDns", "handshake.target_unresolvable", 502, "origin"),
  "handshake.target_refused": socksReply(5, "handshake.target_refused", 502, "origin"),
  "handshake.target_unreachable": socksReply(3, "handshake.target_unreachable", 502, "origin"),
  "handshake.target_timeout": socksReply(6, "handshake.target_timeout", 504, "origin"),
  "handshake.policy_denied": refused("denied403", "handshake.policy_denied", 502, "exit"),
  "handshake.exit_unavailable": refused("brightDataPeer", "handshake.exit_unavailable", 503, "exit"),
  "handshake.session_lost": refused("oxylabsSession", "handshake.session_lost", 502, "exit"),
  "handshake.quota_exceeded": refused("brightDataQuota", "handshake.quota_exceeded", 503, "gateway"),
  "handshake.rate_limited": refused("rate429", "handshake.rate_limited", 503, "exit"),
  "handshake.socks_malformed": badSocks("wrongVersion", "handshake.socks_malformed", "exit"),
  "handshake.not_a_proxy": badConnect("sshBanner", "handshake.not_a_proxy", "gateway"),
  "handshake.bad_connect_reply": badConnect("garbage", "handshake.bad_connect_reply", "exit"),
  "handshake.closed": badConnect("fin", "handshake.closed", "exit"),
  "handshake.reset": badConnect("rst", "handshake.reset", "exit"),
  "handshake.timeout": stage(
    "an exit never answers CONNECT",
    fails(504, "handshake.timeout", "exit"),
    tunnelVia(BAD_ANSWERS.silence, { changes: hasty }),
  ),
};

export const MORE_HANDSHAKE_STAGES: readonly Stage[] = [
  refused("brightDataAuth", "handshake.auth_required", 502, "gateway"),
  refused("bare502", "handshake.connect_rejected", 502, "exit"),
  refused("bare503", "handshake.connect_rejected", 502, "exit"),
  refused("bare504", "handshake.connect_rejected", 502, "exit"),
  refused("nginx502", "handshake.connect_rejected", 502, "exit"),
  refused("tinyproxy500", "handshake.target_unreachable", 502, "origin"),
  refused("haproxy503", "handshake.connect_rejected", 502, "exit"),
  refused("squidNoParent", "handshake.exit_unavailable", 503, "exit"),
  refused("squidRefused", "handshake.target_refused", 502, "origin"),
  refused("squidTimeout", "handshake.target_timeout", 504, "origin"),
  refused("squidUnreachable", "handshake.target_unreachable", 502, "origin"),
  refused("squidDenied", "handshake.policy_denied", 502, "exit"),
  refused("brightDataTarget", "handshake.target_unresolvable", 502, "origin"),
  refused("brightDataPolicy", "handshake.policy_denied", 502, "exit"),
  refused("brightDataRate", "handshake.rate_limited", 503, "exit"),
  refused("oxylabsNoExit", "handshake.session_lost", 502, "exit"),
  refused("proxyStatusRefused", "handshake.target_refused", 502, "origin"),
  refused("proxyStatusDns", "handshake.target_unresolvable", 502, "origin"),
  refused("proxyStatusTimeout", "handshake.target_timeout", 504, "origin"),

  badConnect("halfHead", "handshake.closed", "exit"),
  badConnect("tlsAlert", "handshake.not_a_proxy", "gateway"),
  badConnect("socksReply", "handshake.not_a_proxy", "gateway"),
  badConnect("smtpBanner", "handshake.not_a_proxy", "gateway"),
  badConnect("badStatusLine", "handshake.bad_connect_reply", "exit"),
  stage(
    "a SOCKS exit never answers",
    fails(504, "handshake.timeout", "exit"),
    tunnelVia(BAD_SOCKS.silence, { scheme: "socks5h", changes: hasty }),
  ),

  socksReply(1, "handshake.connect_rejected", 502, "exit"),
  socksReply(2, "handshake.policy_denied", 502, "exit"),
  socksReply(4, "handshake.target_unreachable", 502, "origin"),
  stage("an exit gives SOCKS5 reply 4 for a name", fails(502, "handshake.target_unresolvable", "origin"), async (props) => {
    const site = await props.site();
    const bad = await props.use(startSocksExit({ reply: 4 }));
    const good = await props.use(startHttpExit({ reach: { "site.lab": site } }));
    return {
      exits: [exitAt(bad, "socks5h")],
      rescuer: exitAt(good, "http", { id: "good" }),
      play: (gateway) => getThroughTunnel(addressOf(gateway), "site.lab:80"),
    };
  }),
  socksReply(7, "handshake.not_a_proxy", 502, "gateway"),
  socksReply(8, "handshake.not_a_proxy", 502, "gateway"),
  socks4Reply(91, "handshake.connect_rejected", "exit"),
  socks4Reply(92, "handshake.auth_required", "gateway"),
  socks4Reply(93, "handshake.auth_required", "gateway"),

  badSocks("fin", "handshake.closed", "exit"),
  badSocks("rst", "handshake.reset", "exit"),
  badSocks("halfReply", "handshake.closed", "exit"),
  badSocks("http", "handshake.not_a_proxy", "gateway"),
  badSocks("tlsAlert", "handshake.not_a_proxy", "gateway"),
  badSocks("sshBanner", "handshake.not_a_proxy", "gateway"),
  badSocks("noMethod", "handshake.auth_required", "gateway"),
  badSocks("unknownMethod", "handshake.socks_malformed", "exit"),
  stage(
    "a SOCKS exit refuses the list's password",
    fails(502, "handshake.auth_failed", "gateway"),
    tunnelViaExit((props) => props.use(startSocksExit({ credentials })), { scheme: "socks5h", hop: wrong }),
  ),
];

function refused(refusal: Refusal, fault: HandshakeFaultId, status: number, culprit: "exit" | "gateway" | "origin"): Stage {
  return stage(`an exit refuses CONNECT as ${refusal}`, fails(status, fault, culprit), tunnelVia(refuses(refusal)));
}

function badConnect(answer: BadAnswer, fault: HandshakeFaultId, culprit: "exit" | "gateway"): Stage {
  return stage(`an exit answers CONNECT with ${answer}`, fails(502, fault, culprit), tunnelVia(afterHead(BAD_ANSWERS[answer])));
}

function badSocks(answer: BadSocks, fault: HandshakeFaultId, culprit: "exit" | "gateway"): Stage {
  return stage(`an exit answers SOCKS5 with ${answer}`, fails(502, fault, culprit), tunnelVia(BAD_SOCKS[answer], { scheme: "socks5h" }));
}

function socksReply(reply: number, fault: HandshakeFaultId, status: number, culprit: "exit" | "gateway" | "origin"): Stage {
  const exit = tunnelViaExit((props) => props.use(startSocksExit({ reply })), { scheme: "socks5h" });
  return stage(`an exit gives SOCKS5 reply ${reply}`, fails(status, fault, culprit), exit);
}

function socks4Reply(reply: number, fault: HandshakeFaultId, culprit: "exit" | "gateway"): Stage {
  const exit = tunnelViaExit((props) => props.use(startSocksExit({ reply })), { scheme: "socks4a" });
  return stage(`an exit gives SOCKS4 result ${reply}`, fails(502, fault, culprit), exit);
}

async function brokenChain(props: Props): Promise<Scene> {
  const site = await props.site();
  const good = await props.use(startHttpExit());
  const first = exitAt(good);
  const hops = [...first.hops, ...exitAt(await findClosedPort()).hops];
  return {
    exits: [{ ...first, hops }],
    rescuer: exitAt(good, "http", { id: "good" }),
    play: (gateway) => getThroughTunnel(addressOf(gateway), `${site.host}:${site.port}`),
  };
}
