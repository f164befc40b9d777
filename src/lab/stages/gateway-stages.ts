import type { GatewayFaultId } from "../../core/faults/gateway.ts";
import { brokenDialler } from "../fake-dialler.ts";
import { startHttpExit } from "../http-exit.ts";
import { dialLab, splice } from "../lab-connection.ts";
import { ask, proxyGet, readAnswer } from "../raw-client.ts";
import { basic } from "./client-stages.ts";
import { dialled } from "./connect-stages.ts";
import { addressOf, askTwice, exitAt, fails, type Props, type Scene, stage, urlOf } from "./scenes.ts";
import type { Stage } from "./stage.ts";

export const GATEWAY_STAGES: Readonly<Record<GatewayFaultId, Stage>> = {
  "gateway.no_exit": stage(
    "a client wants a country that no exit has",
    fails(502, "gateway.no_exit", "gateway", { attempts: 0 }),
    async (props) => {
      const site = await props.site();
      const exit = await props.use(startHttpExit());
      return {
        exits: [exitAt(exit, "http", { id: "de-1", tags: { country: "de" } })],
        play: (gateway) => ask(addressOf(gateway), proxyGet(urlOf(site), basic("lab-country-fr:x"))),
      };
    },
  ),
  "gateway.internal_error": stage("the dialler has a bug", fails(500, "gateway.internal_error", "gateway"), async (props) => {
    const site = await props.site();
    return { connectTcp: brokenDialler, play: (gateway) => ask(addressOf(gateway), proxyGet(urlOf(site))) };
  }),
  "gateway.overloaded": stage(
    "a request comes when as many exchanges are in flight as are allowed: none",
    fails(503, "gateway.overloaded", "gateway", { attempts: 0 }),
    async (props) => {
      const site = await props.site();
      return { changes: { limits: { exchanges: 0 } }, play: (gateway) => ask(addressOf(gateway), proxyGet(urlOf(site))) };
    },
  ),
  "gateway.upstream_limit": stage(
    "a second request comes when the target gets one in a hundred seconds",
    fails(503, "gateway.upstream_limit", "gateway", { attempts: 0 }),
    async (props) => {
      const site = await props.site();
      return {
        changes: { pacing: { perTarget: { concurrent: null, perSecond: 0.01 } } },
        play: (gateway) => askTwice(addressOf(gateway), proxyGet(urlOf(site))),
      };
    },
  ),
  "gateway.fd_exhausted": stage("no file descriptor is left", fails(503, "gateway.fd_exhausted", "gateway"), lacking("EMFILE")),
  "gateway.source_port_exhausted": stage(
    "no source port is left",
    fails(503, "gateway.source_port_exhausted", "gateway"),
    lacking("EADDRNOTAVAIL"),
  ),
  "gateway.shutting_down": stage(
    "a request's head is completed while the gateway drains",
    fails(503, "gateway.shutting_down", "gateway", { attempts: 0 }),
    async (props) => {
      const site = await props.site();
      return {
        async play(gateway) {
          const peer = await dialLab(addressOf(gateway));
          const request = proxyGet(urlOf(site));
          await peer.send(request + request.slice(0, 10)); // the answer to the first proves that the gateway has the ten bytes
          await readAnswer(peer, "GET");
          const drained = gateway.drain(5000);
          await peer.send(request.slice(10));
          const answer = await readAnswer(peer, "GET");
          peer.wire.destroy();
          await drained;
          return answer;
        },
      };
    },
  ),
  "gateway.loop_detected": stage(
    "a client asks for the gateway itself",
    fails(502, "gateway.loop_detected", "gateway", { attempts: 0 }),
    async () => ({
      play: (gateway) => ask(addressOf(gateway), proxyGet(urlOf(addressOf(gateway)))),
    }),
  ),
  "gateway.ip_prohibited": stage(
    "a client asks a public listener for a loopback address",
    fails(502, "gateway.ip_prohibited", "gateway", { attempts: 0 }),
    async (props) => {
      const site = await props.site();
      return { changes: { targets: { addresses: "public" } }, play: (gateway) => ask(addressOf(gateway), proxyGet(urlOf(site))) };
    },
  ),
};

export const MORE_GATEWAY_STAGES: readonly Stage[] = [
  stage(
    "an exit leads back to the gateway until no exchange is left",
    fails(503, "relay.edge_5xx", "edge", { outcome: "relayed" }), // the answer says that a gateway beyond the exit made it,
    async (props) => {
      const gateways = Promise.withResolvers<{ host: string; port: number }>();
      const exit = await props.server(async (peer) => splice(peer, await dialLab(await gateways.promise)));
      return {
        exits: [exitAt(exit)],
        changes: { limits: { exchanges: 8 } },
        play(gateway) {
          gateways.resolve(addressOf(gateway));
          return ask(addressOf(gateway), proxyGet("http://site.lab/"));
        },
      };
    },
  ),
];

/** What this machine lacks, it lacks for every exit. */
function lacking(code: string): (props: Props) => Promise<Scene> {
  return async (props) => ({ ...(await dialled(code)(props)), rescuer: null });
}
