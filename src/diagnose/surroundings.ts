import { isIP } from "node:net";
import type { Resolver } from "../net/resolve.ts";
import type { CurlCommand } from "./curl-command.ts";
import type { DiagnoseContext } from "./diagnose-context.ts";
import type { Question } from "./question.ts";

/** What a command says of where a target is, and of how tests may look for it. */
export interface Surroundings {
  readonly context: DiagnoseContext;
  readonly place: Question["place"];
}

/** Null: the host that stands in for the target's has no address. */
export async function surroundingsOf(
  { placeOf, family, ca, connectMs }: CurlCommand,
  url: URL,
  context: DiagnoseContext,
): Promise<Surroundings | null> {
  const resolver = family === null ? context.resolver : ofFamily(context.resolver, family);
  const own = { ...context, resolver, connectMs, ca: ca === null ? null : [ca] };
  const place = placeOf(url);
  if (place === null) return { context: own, place };
  const [host = ""] = place.hosts;
  if (isIP(host) !== 0) return { context: own, place: { addresses: place.hosts, port: place.port } };
  const found = await resolver.resolve(host, context.clock.now() + context.timeoutMs);
  return "addresses" in found ? { context: own, place: { addresses: found.addresses, port: place.port } } : null;
}

function ofFamily(resolver: Resolver, family: 4 | 6): Resolver {
  return {
    async resolve(name, deadline) {
      const found = await resolver.resolve(name, deadline);
      if (!("addresses" in found)) return found;
      const addresses = found.addresses.filter((address) => isIP(address) === family);
      return addresses.length > 0 ? { ...found, addresses } : { interruption: { how: "errno", code: "ENODATA" } };
    },
  };
}
