import type { HostPort } from "../../src/core/address.ts";
import type { Exit } from "../../src/core/route.ts";
import type { DiagnoseContext } from "../../src/diagnose/diagnose-context.ts";
import type { Diagnosis } from "../../src/diagnose/diagnosis.ts";
import { createAuthority, type LabAuthority } from "../../src/lab/certificates.ts";
import { fakeDialler } from "../../src/lab/fake-dialler.ts";
import { fakeResolver } from "../../src/lab/fake-resolver.ts";
import { startHttpExit } from "../../src/lab/http-exit.ts";
import type { LabServer } from "../../src/lab/lab-server.ts";
import { exitAt, Props } from "../../src/lab/stages/scenes.ts";
import { context, diagnosisOf } from "./diagnosing.ts";
import type { Expected } from "./lab-tables.ts";

/** The target's name in every world. */
export const NAME = "site.lab";
/** Where the name leads for whoever may not dial it (RFC 5737). */
const BLOCKED = "192.0.2.80";

/** Where nobody of the lab ever listens, so that TCP is refused however many servers come and go beside it. */
export const NOBODY: HostPort = { host: "127.0.0.2", port: 9 };

/** How well the way from this machine to the site works. */
export type Network = "healthy" | "direct is blocked" | "DNS is dead" | "one of many" | "nothing is reachable";

let authorityOnce: LabAuthority | null = null;
/** One for all: making it takes longer than everything else here. */
export function authority(): LabAuthority {
  authorityOnce ??= createAuthority("Lab CA");
  return authorityOnce;
}

/** A world that is asked about: what stands where the site should, and by which route the user goes. */
export interface World {
  readonly target: HostPort;
  readonly scheme: "http" | "https";
  /** `null`: without a proxy alone. */
  readonly via: Exit | null;
  /** For one test, where nobody is to be waited for in vain. Milliseconds. */
  readonly timeoutMs?: number;
}

/** Where the lab's exits find the site, whoever resolves its name. */
export function reachOf(target: HostPort): Record<string, HostPort> {
  return { [NAME]: target, [BLOCKED]: target, "127.0.0.1": target };
}

/** What nothing but a bug or a machine that is very busy needs. */
const LONG_MS = 30_000;
/** For rows in which silence is the point. */
const SILENT_MS = 4_000;

/** Whoever is to fall silent is not waited for longer than others need: so does an exit that waits for a banner to become an answer. */
export function waitFor(name: string, expected: Expected): Pick<World, "timeoutMs"> {
  const isSilent = expected?.[0].endsWith("timeout") === true || name.includes("Banner");
  return isSilent ? { timeoutMs: SILENT_MS } : {};
}

/** What `diagnose` concludes in such a world over such a network; beside a bad route stand two exits that work wherever the network is broken. */
export async function diagnoseIn({ target, scheme, via, timeoutMs }: World, network: Network): Promise<Diagnosis> {
  await using props = new Props();
  const isAlone = network === "healthy" || network === "nothing is reachable";
  const goods: LabServer[] = [];
  for (let i = 0; i < (isAlone ? 0 : 2); i++) goods.push(await props.use(startHttpExit({ reach: reachOf(target) })));
  const exits = goods.map((good, index) => exitAt(good, "http", { id: `good-${index}` }));
  const url = new URL(`${scheme}://${NAME}:${target.port}/`);
  return await diagnosisOf(target, via === null ? [] : [via], { url, exits }, contextOf(network, timeoutMs ?? LONG_MS));
}

function contextOf(network: Network, timeoutMs: number): DiagnoseContext {
  const own = { ...context, ca: [authority().cert], names: null, timeoutMs, graceMs: 50 };
  switch (network) {
    case "direct is blocked":
      return {
        ...own,
        resolver: fakeResolver({ [NAME]: [BLOCKED] }),
        connectTcp: fakeDialler({ [BLOCKED]: { how: "timeout", afterMs: timeoutMs } }),
      };
    case "DNS is dead":
      return { ...own, resolver: fakeResolver({ [NAME]: "ETIMEOUT" }) };
    case "nothing is reachable": {
      const none = { how: "errno", code: "ENETUNREACH" } as const;
      return {
        ...own,
        resolver: fakeResolver({ [NAME]: "ECONNREFUSED" }),
        connectTcp: fakeDialler({ "127.0.0.1": none, [BLOCKED]: none }),
      };
    }
    default:
      return { ...own, resolver: fakeResolver({ [NAME]: ["127.0.0.1"] }) };
  }
}
