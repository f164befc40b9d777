import { z } from "zod";
import type { ConfigFile } from "./file.ts";
import { count, duration, onOff, size } from "./schema-values.ts";

/** The grammar of `timeouts`. */
export const timeouts: z.ZodType<NonNullable<ConfigFile["timeouts"]>> = z.strictObject({
  connect: duration.describe("TCP to a hop.").exactOptional(),
  handshake: duration.describe("CONNECT or SOCKS with one exit.").exactOptional(),
  tls: duration.describe("TLS with a hop.").exactOptional(),
  head: duration.describe("One attempt's wait for a response head.").exactOptional(),
  bodyIdle: duration.describe("Silence within a body.").exactOptional(),
  tunnelIdle: duration.describe("Silence of a tunnel in both directions.").exactOptional(),
  total: duration.describe("From a complete request head to the first byte of the final response; bounds all attempts.").exactOptional(),
  evidence: duration.describe("The start of a 5xx answer's body, to tell who made it.").exactOptional(),
  tunnelHalfClosed: duration.describe("Silence of a tunnel whose client has finished sending.").exactOptional(),
  clientGone: duration.describe("How long an answer may still come after the client finished sending.").exactOptional(),
  clientHead: duration.describe("A client's request head.").exactOptional(),
  clientIdle: duration.describe("A client's connection between requests.").exactOptional(),
  drain: duration.describe("How long SIGTERM waits for exchanges in flight.").exactOptional(),
  idleSocket: duration.describe("A hop's socket that waits for another request.").exactOptional(),
});

/** The grammar of `limits`. */
export const limits: z.ZodType<NonNullable<ConfigFile["limits"]>> = z.strictObject({
  lineBytes: size.describe("Request or status line.").exactOptional(),
  fieldBytes: size.describe("One field, name and value.").exactOptional(),
  headBytes: size.describe("A whole head.").exactOptional(),
  fields: count.describe("Fields of a head.").exactOptional(),
  chunkExtensionBytes: size.describe("All chunk extensions of one body.").exactOptional(),
  trailerBytes: size.describe("Trailer section.").exactOptional(),
  interimResponses: count.describe("1xx responses before the final one.").exactOptional(),
  exchanges: count.describe("Exchanges in flight.").exactOptional(),
  exchangesPerClient: count.describe("Exchanges in flight of one client address.").exactOptional(),
  connections: count.describe("Client connections.").exactOptional(),
  idleSockets: count.describe("Idle sockets to hops.").exactOptional(),
  idleSocketsPerRoute: count.describe("Idle sockets to hops over one route.").exactOptional(),
});

/** The grammar of `tolerances`. */
export const tolerances: z.ZodType<NonNullable<ConfigFile["tolerances"]>> = z.strictObject({
  bareLf: onOff.describe("RFC 9112 2.2: a bare LF ends a line of a response.").exactOptional(),
  obsFold: onOff.describe("RFC 9112 5.2: a folded field is joined by a space.").exactOptional(),
  spaceBeforeColon: onOff.describe("RFC 9112 5.1: whitespace before the colon is removed.").exactOptional(),
  repeatedLength: onOff.describe("RFC 9112 6.3: equal Content-Length values count as one.").exactOptional(),
  missingReason: onOff.describe("RFC 9112 4: a status line without the space of its absent reason.").exactOptional(),
});
