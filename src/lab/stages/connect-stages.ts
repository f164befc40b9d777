import type { ConnectFaultId } from "../../core/faults/connect.ts";
import type { Interruption } from "../../core/ledger.ts";
import { fakeDialler } from "../fake-dialler.ts";
import { fakeResolver } from "../fake-resolver.ts";
import { startFullBacklog } from "../full-backlog.ts";
import { startHttpExit } from "../http-exit.ts";
import { findClosedPort } from "../lab-server.ts";
import { ask, proxyGet } from "../raw-client.ts";
import { addressOf, exitAt, fails, LOW_MS, type Props, type Scene, stage, urlOf } from "./scenes.ts";
import type { Stage } from "./stage.ts";

export const CONNECT_STAGES: Readonly<Record<ConnectFaultId, Stage>> = {
  "dns.nxdomain": stage("the exit's name does not exist", fails(502, "dns.nxdomain", "exit"), named("ENOTFOUND")),
  "dns.nodata": stage("the exit's name has no address", fails(502, "dns.nodata", "exit"), named("ENODATA")),
  "dns.servfail": stage("the resolver fails on the exit's name", fails(502, "dns.servfail", "exit"), named("ESERVFAIL")),
  "dns.refused": stage("the resolver refuses to answer us", fails(502, "dns.refused", "gateway"), named("EREFUSED")),
  "dns.timeout": stage("the resolver does not answer in time", fails(504, "dns.timeout", "dns"), named("ETIMEOUT")),
  "dns.resolver_unreachable": stage("no resolver can be reached", fails(504, "dns.resolver_unreachable", "gateway"), named("ECONNREFUSED")),

  "connect.refused": stage("the exit's port refuses", fails(502, "connect.refused", "exit"), async (props) => ({
    ...(await plainGet(props)),
    exits: [exitAt(await findClosedPort())],
  })),
  "connect.timeout": stage("the exit's port drops every SYN", fails(504, "connect.timeout", "exit"), async (props) => ({
    ...(await plainGet(props)),
    exits: [exitAt(await props.use(startFullBacklog()))],
    changes: { timeouts: { connect: LOW_MS } },
  })),
  "connect.reset": stage("the dial to the exit is reset", fails(502, "connect.reset", "exit"), dialled({ how: "reset" })),
  "connect.host_unreachable": stage("no route to the exit's host", fails(502, "connect.host_unreachable", "exit"), dialled("EHOSTUNREACH")),
  "connect.net_unreachable": stage("no route to the exit's network", fails(502, "connect.net_unreachable", "exit"), dialled("ENETUNREACH")),
  "connect.acl_denied": stage("this machine forbids the dial", fails(502, "connect.acl_denied", "gateway"), dialled("EACCES")),
};

export const MORE_CONNECT_STAGES: readonly Stage[] = [
  stage("the target's port refuses", fails(502, "connect.refused", "origin"), async () => {
    const target = await findClosedPort();
    return { play: (gateway) => ask(addressOf(gateway), proxyGet(urlOf(target))) };
  }),
  stage("the target's port drops every SYN", fails(504, "connect.timeout", "network"), async (props) => {
    const target = await props.use(startFullBacklog());
    return { changes: { timeouts: { connect: LOW_MS } }, play: (gateway) => ask(addressOf(gateway), proxyGet(urlOf(target))) };
  }),
  stage("the target's name does not exist", fails(502, "dns.nxdomain", "origin"), async () => ({
    play: (gateway) => ask(addressOf(gateway), proxyGet("http://nowhere.lab/")),
  })),
  stage("the target's resolver fails", fails(502, "dns.servfail", "dns"), async () => ({
    resolver: fakeResolver({ "broken.lab": "ESERVFAIL" }),
    play: (gateway) => ask(addressOf(gateway), proxyGet("http://broken.lab/")),
  })),
];

/** An exit whose name the resolver answers with `code`. */
function named(code: string): (props: Props) => Promise<Scene> {
  return async (props) => ({
    ...(await plainGet(props)),
    exits: [exitAt({ host: "exit.lab", port: 8080 })],
    resolver: fakeResolver({ "exit.lab": code }),
  });
}

/** An exit whose address (RFC 5737) the kernel will not dial. */
export function dialled(failure: string | Interruption): (props: Props) => Promise<Scene> {
  const interruption: Interruption = typeof failure === "string" ? { how: "errno", code: failure } : failure;
  return async (props) => ({
    ...(await plainGet(props)),
    exits: [exitAt({ host: "192.0.2.1", port: 8080 })],
    connectTcp: fakeDialler({ "192.0.2.1": interruption }),
  });
}

async function plainGet(props: Props): Promise<Scene> {
  const site = await props.site();
  const good = await props.use(startHttpExit());
  return { rescuer: exitAt(good, "http", { id: "good" }), play: (gateway) => ask(addressOf(gateway), proxyGet(urlOf(site))) };
}
