import type { FaultId } from "../../core/fault.ts";
import type { RelayFaultId } from "../../core/faults/relay.ts";
import type { ResponseFaultId } from "../../core/faults/response.ts";
import { BAD_ANSWERS, type BadAnswer, keepAliveRace } from "../bad-answers.ts";
import { uploads } from "../bad-clients.ts";
import { afterBytes, afterHead, fin, neverReads, rst, says, silence } from "../behaviours.ts";
import { BLOCK_PAGES } from "../block-pages.ts";
import { startEdge } from "../edge.ts";
import { dialLab } from "../lab-connection.ts";
import { formatAnswer, formatHead } from "../lab-http.ts";
import { type Behaviour, findClosedPort } from "../lab-server.ts";
import { ask, openConnect, proxyGet, readAnswer } from "../raw-client.ts";
import { refuses } from "../refusals.ts";
import { addressOf, askTwice, breaksOff, direct, fails, LOW_MS, type Props, plainVia, type Scene, stage, urlOf } from "./scenes.ts";
import type { Changes, Expected, Stage } from "./stage.ts";

/** Faults of a whole answer: what is sent, and what the gateway must not wait long for. */
const ANSWERS = {
  "head.closed_empty": ["fin", 502, {}],
  "head.reset": ["rst", 502, {}],
  "head.truncated": ["halfHead", 502, {}],
  "head.timeout": ["silence", 504, { timeouts: { head: LOW_MS } }],
  "head.too_large": ["hugeHead", 502, {}],
  "head.field_too_large": ["hugeField", 502, {}],
  "head.too_many_fields": ["tooManyFields", 502, {}],
  "head.not_http": ["garbage", 502, {}],
  "head.bad_status_line": ["badStatusLine", 502, {}],
  "head.bad_field": ["fieldWithNul", 502, {}],
  "head.bad_framing": ["lengthAndChunked", 502, {}],
  "head.bad_transfer_coding": ["unknownCoding", 502, {}],
  "head.unexpected_1xx": ["interimFlood", 502, {}],
  "head.upgrade_failed": ["unexpectedUpgrade", 502, {}],
  "body.truncated": ["truncatedByLength", 200, {}],
  "body.idle_timeout": ["stallInBody", 200, { timeouts: { bodyIdle: LOW_MS } }],
  "body.bad_chunk": ["badChunk", 200, {}],
  "trailers.too_large": ["hugeTrailers", 200, {}],
  "trailers.invalid": ["badTrailers", 200, {}],
} as const satisfies Partial<Record<FaultId, readonly [BadAnswer, 200 | 502 | 504, Changes]>>;

type AnswerFaultId = keyof typeof ANSWERS;

/** Others of the same kinds. */
const MORE_ANSWERS: readonly (readonly [BadAnswer, AnswerFaultId])[] = [
  ["http09", "head.not_http"],
  ["fieldWithSpaceInName", "head.bad_field"],
  ["fieldWithoutColon", "head.bad_field"],
  ["twoLengths", "head.bad_framing"],
  ["badLength", "head.bad_framing"],
  ["truncatedByChunk", "body.truncated"],
  ["missingLastChunk", "body.truncated"],
];

export const RESPONSE_STAGES: Readonly<Record<ResponseFaultId, Stage>> = {
  ...fromAnswers((fault) => atExit(ANSWERS[fault][0], fault)),
  "body.reset": stage("an exit resets in the middle of a body", breaksOff("body.reset", "exit"), breakInBody),
  "write.reset": stage("an exit resets while a body is sent to it", fails(502, "write.reset", "exit"), resetUpload),
  "write.timeout": stage("an exit stops reading a body", fails(504, "write.timeout", "exit"), stuckUpload),
  "head.keepalive_race": stage(
    "an exit closes a kept connection just as the next request comes",
    { status: 200, fault: "head.keepalive_race", culprit: "exit", outcome: "rescued", ending: "complete", attempts: 2 },
    async (props) => ({
      ...(await plainVia(keepAliveRace(fin))(props)),
      rescuer: null,
      play: (gateway) => askTwice(addressOf(gateway), proxyGet("http://site.lab/")),
    }),
  ),
  "tunnel.idle_timeout": stage(
    "nothing goes through a tunnel for long",
    breaksOff("tunnel.idle_timeout", "origin"),
    tunnelThat(silence, { timeouts: { tunnelIdle: LOW_MS } }),
  ),
  "tunnel.reset": stage("the target resets a tunnel in use", breaksOff("tunnel.reset", "origin"), tunnelThat(afterBytes(rst))),
};

export const MORE_RESPONSE_STAGES: readonly Stage[] = [
  ...Object.values(fromAnswers((fault) => atTarget(ANSWERS[fault][0], fault))),
  ...MORE_ANSWERS.flatMap(([answer, fault]) => [atExit(answer, fault), atTarget(answer, fault)]),
  stage("the target is an SSH server", fails(502, "head.not_http", "gateway"), direct(BAD_ANSWERS.sshBanner)),
  stage("the target speaks TLS on this port", fails(502, "head.not_http", "gateway"), direct(afterHead(BAD_ANSWERS.tlsAlert))),
  stage("an exit answers a plain request as a SOCKS server", fails(502, "head.not_http", "gateway"), plainVia(BAD_ANSWERS.socksReply)),
  stage(
    "the target closes a kept connection just as the next request comes",
    { status: 200, fault: "head.keepalive_race", culprit: "origin", outcome: "rescued", ending: "complete", attempts: 2 },
    async (props) => {
      const target = await props.server(keepAliveRace(rst));
      return { play: (gateway) => askTwice(addressOf(gateway), proxyGet(urlOf(target))) };
    },
  ),
];

export const MORE_RELAY_STAGES: readonly Stage[] = [
  stage("an exit says that the target closed without an answer", relayed(502, "relay.exit_5xx", "origin"), plainVia(refuses("squidEmpty"))),
  stage("a bare 502 comes through an exit", relayed(502, "relay.origin_5xx", "origin"), plainVia(refuses("bare502"))),
  stage("the target answers 503 and says when to come back", relayed(503, "relay.origin_5xx", "origin"), async (props) => {
    const site = await props.site();
    return { play: (gateway) => ask(addressOf(gateway), proxyGet(urlOf(site, "/status/503"))) };
  }),
];

/** A condition that all answers meet. */
const ANYTHING = { status: [], header: {}, body: [], slowerThan: null, fault: null, host: [] } as const;

export const RELAY_STAGES: Readonly<Record<RelayFaultId, Stage>> = {
  "relay.origin_5xx": stage("the target answers 500", relayed(500, "relay.origin_5xx", "origin"), async (props) => {
    const site = await props.site();
    return { play: (gateway) => ask(addressOf(gateway), proxyGet(urlOf(site, "/status/500"))) };
  }),
  "relay.edge_5xx": stage("the target's edge has lost its origin", relayed(502, "relay.edge_5xx", "edge"), async (props) => {
    const edge = await props.use(startEdge({ "*": await findClosedPort() }));
    return { play: (gateway) => ask(addressOf(gateway), proxyGet(urlOf(edge))) };
  }),
  "relay.exit_5xx": stage("an exit has no way out and says so", relayed(503, "relay.exit_5xx", "exit"), plainVia(refuses("squidNoParent"))),
  "relay.blocked": stage(
    "a site challenges who comes through an exit",
    relayed(403, "relay.blocked", "edge"),
    plainVia(afterHead(says(BLOCK_PAGES["cloudflare-challenge"], fin))),
  ),
  "relay.rate_limited": stage(
    "a site has had too many requests of an exit",
    relayed(429, "relay.rate_limited", "edge"),
    plainVia(afterHead(says(BLOCK_PAGES["rate-limited-until"], fin))),
  ),
  "relay.ruled": stage(
    "a rule of the config wants a 404 repeated",
    relayed(404, "relay.ruled", "origin"),
    plainVia(afterHead(says(formatAnswer(404, { "Content-Type": "text/plain" }, "no such page\n"), fin)), {
      changes: { rules: [{ name: "not-here", when: { ...ANYTHING, status: [404] }, actions: ["retry"] }] },
    }),
  ),
};

function fromAnswers(make: (fault: AnswerFaultId) => Stage): Readonly<Record<AnswerFaultId, Stage>> {
  const faults = Object.keys(ANSWERS) as AnswerFaultId[];
  return Object.fromEntries(faults.map((fault) => [fault, make(fault)])) as Record<AnswerFaultId, Stage>;
}

function atExit(answer: BadAnswer, fault: AnswerFaultId): Stage {
  const [, status, changes] = ANSWERS[fault];
  return stage(`an exit answers a plain request with ${answer}`, expectedOf(status, fault, "exit"), async (props) => {
    const scene = await plainVia(afterHead(BAD_ANSWERS[answer]), { changes })(props);
    return status === 200 ? { ...scene, rescuer: null } : scene; // what has begun cannot be rescued
  });
}

function atTarget(answer: BadAnswer, fault: AnswerFaultId): Stage {
  const [, status, changes] = ANSWERS[fault];
  return stage(`the target answers with ${answer}`, expectedOf(status, fault, "origin"), direct(afterHead(BAD_ANSWERS[answer]), changes));
}

function expectedOf(status: number, fault: FaultId, culprit: "exit" | "origin"): Expected {
  return status === 200 ? breaksOff(fault, culprit) : fails(status, fault, culprit);
}

function relayed(status: number, fault: RelayFaultId, culprit: Expected["culprit"]): Expected {
  return fails(status, fault, culprit, { outcome: "relayed" });
}

/** Resets once the client has seen the body begin: a RST that comes at once may overtake the head. */
async function breakInBody(props: Props): Promise<Scene> {
  const begun = Promise.withResolvers<void>();
  const head = formatHead("HTTP/1.1 200 OK", { "Content-Length": "1000" });
  const bad = says(`${head}only the first part`, async (exit) => {
    await begun.promise;
    exit.reset();
  });
  const scene = await plainVia(afterHead(bad))(props);
  return {
    ...scene,
    rescuer: null,
    async play(gateway) {
      const peer = await dialLab(addressOf(gateway));
      await peer.send(proxyGet("http://site.lab/"));
      await peer.reader.peek(1);
      begun.resolve();
      const answer = await readAnswer(peer, "GET");
      peer.wire.destroy();
      return answer;
    },
  };
}

/** The client still owes most of its body when the exit resets. */
async function resetUpload(props: Props): Promise<Scene> {
  const scene = await plainVia(afterHead(rst))(props);
  const part = formatHead("PUT http://site.lab/ HTTP/1.1", { Host: "site.lab", "Content-Length": "100000" });
  return { ...scene, rescuer: null, play: (gateway) => ask(addressOf(gateway), part + "x".repeat(1000), "PUT") };
}

/** More than all buffers on the way hold. */
async function stuckUpload(props: Props): Promise<Scene> {
  const scene = await plainVia(neverReads, { changes: { timeouts: { head: LOW_MS, bodyIdle: LOW_MS } } })(props);
  return { ...scene, rescuer: null, play: (gateway) => uploads(addressOf(gateway), "http://site.lab/", 64 * 1024 * 1024) };
}

/** client -> gateway -> target: a tunnel that opens; the client says one word and waits. */
function tunnelThat(ends: Behaviour, changes: Changes = {}): (props: Props) => Promise<Scene> {
  return async (props) => {
    const target = await props.server(ends);
    return {
      changes,
      async play(gateway) {
        const { answer, peer } = await openConnect(addressOf(gateway), `${target.host}:${target.port}`);
        await peer.send("hello");
        const { ending } = await readAnswer(peer, "GET");
        peer.wire.destroy();
        return { ...answer, ending };
      },
    };
  };
}
