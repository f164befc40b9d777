// The config file's grammar. What a value means beyond its form (a file that must exist, an address) is for resolve.ts.
import { z } from "zod";
import { LIST_FORMATS } from "../core/list-format.ts";
import { EXIT_SCHEMES } from "../core/route.ts";
import { SELECT_STRATEGIES } from "../core/settings.ts";
import { VENDOR_IDS } from "../wire/user-template-vendors.ts";
import { checkItem } from "./check-schema.ts";
import type { ConfigFile, ListenItem } from "./file.ts";
import { rulesItem } from "./rules-schema.ts";
import { count, duration, expected, onOff, size, text } from "./schema-values.ts";

const countOrOff = z.union([count, z.literal("off").transform(() => null)], expected("a whole number of at least 1, or off"));

const RATE = expected("a number above 0 such as 10 or 0.5, or off");
const rateOrOff = z.union([z.number(RATE).min(0.001, RATE).max(1_000_000, RATE), z.literal("off").transform(() => null)], RATE);

const AFTER = expected("off, a share such as p95, or a time such as 800ms");
const hedgeAfter = z.union(
  [
    z.literal("off").transform(() => null),
    z
      .string()
      .regex(/^p[1-9]\d$/)
      .transform((share) => ({ quantile: Number(share.slice(1)) / 100 })),
    duration.transform((ms) => ({ ms })),
  ],
  AFTER,
);

const port = z.int().min(0).max(65535, "a port is a number from 0 to 65535");
const users = z.record(text, text).describe(`Name to password: in clear, from the environment (\${NAME}), or scrypt:SALT:HASH.`);
const allow = z.array(text).describe("Networks (192.0.2.0/24) or addresses that may connect.");
const tags = z.record(
  z.string().regex(/^[A-Za-z][\w.-]*$/, expected("a tag's name")),
  z.union([text, z.number(), z.boolean()]).transform(String),
);

const PARAM = expected("a value, a list of them, or { header: NAME }");
const paramValue = z.union([text, z.number(), z.array(z.union([text, z.number()], PARAM)), z.strictObject({ header: text })], PARAM);

const listenObject = z.strictObject({
  address: z.union([text, port], expected("an address such as 127.0.0.1:8502")).describe("host:port.").exactOptional(),
  tls: z
    .strictObject({ cert: text.describe("PEM file."), key: text.describe("PEM file.") })
    .describe("TLS towards clients.")
    .exactOptional(),
  users: users.exactOptional(),
  allow: allow.exactOptional(),
  allowPlaintextHttps: onOff.describe("Serve GET https:// in clear text off loopback.").exactOptional(),
  params: z
    .record(z.string(), paramValue)
    .describe("What its clients ask for without saying so: keys of a user name; session may be port, client or { header }.")
    .exactOptional(),
});

const listenItem: z.ZodType<ListenItem> = z.union([text, port, listenObject], expected("an address such as 127.0.0.1:8502"));

const exitList = z.strictObject({
  file: text.describe("Path of an exit list; watched.").exactOptional(),
  url: text.describe("URL of an exit list.").exactOptional(),
  scheme: z
    .enum(EXIT_SCHEMES, expected(`one of ${EXIT_SCHEMES.join(", ")}`))
    .describe("Of lines that name none, and of a vendor's endpoint.")
    .exactOptional(),
  format: z
    .enum(LIST_FORMATS, expected(`one of ${LIST_FORMATS.join(", ")}`))
    .describe("How the list is written; auto: as it shows.")
    .exactOptional(),
  tags: tags.describe("Of all its exits; a line's own win.").exactOptional(),
  refresh: duration.describe("How often a URL is fetched again.").exactOptional(),
  replaceByEmpty: onOff.describe("Whether an empty list takes the place of a good one.").exactOptional(),
  vendor: z
    .enum(VENDOR_IDS, expected(`one of ${VENDOR_IDS.join(", ")}`))
    .describe("Whose grammar of user names fills in countries and sessions.")
    .exactOptional(),
  user: text.describe("The vendor's account, as it is without parameters.").exactOptional(),
  password: text.describe("The vendor's password.").exactOptional(),
  endpoint: text.describe("The vendor's host:port.").exactOptional(),
  sessions: count.describe("Exits with a session of their own, in each country.").exactOptional(),
  countries: z.array(text).describe("The only countries that exits are asked for.").exactOptional(),
});

const attempts = z.strictObject({
  max: count.describe("Attempts that may have reached the target.").exactOptional(),
  exits: count.describe("Attempts that died at an exit, before the target.").exactOptional(),
  replayBytes: size.describe("Bytes of a request body kept for replay.").exactOptional(),
  budget: z
    .number(expected("a share from 0 to 1"))
    .min(0, expected("a share from 0 to 1"))
    .max(1, expected("a share from 0 to 1"))
    .describe("Repeats of what may have reached the target, as a share of its recent requests.")
    .exactOptional(),
  budgetFloor: count.describe("Repeats that a target's budget has whatever its traffic.").exactOptional(),
});

const pace = z.strictObject({
  concurrent: countOrOff.describe("At once.").exactOptional(),
  perSecond: rateOrOff.describe("In a second, evenly spaced.").exactOptional(),
});

const pacing = z.strictObject({
  perExit: pace.exactOptional(),
  perTarget: pace.exactOptional(),
  perExitAndTarget: pace.exactOptional(),
  queue: count.describe("Exchanges that wait for their turn.").exactOptional(),
  wait: duration.describe("How long each may wait.").exactOptional(),
});

const SHARE = expected("a share above 0 and at most 1");
const hedge = z.strictObject({
  after: hedgeAfter
    .describe("When a second attempt is made beside a slow one: p95 of the target's answers, a time, or off.")
    .exactOptional(),
  maxShare: z.number(SHARE).gt(0, SHARE).max(1, SHARE).describe("Second attempts as a share of first ones, at most.").exactOptional(),
});

const FLOOR = expected("a share from 0 to 1");
const pool = z.strictObject({
  select: z
    .enum(SELECT_STRATEGIES, expected(`one of ${SELECT_STRATEGIES.join(", ")}`))
    .describe("How the next exit is chosen.")
    .exactOptional(),
  floor: z
    .number(FLOOR)
    .min(0, FLOOR)
    .max(1, FLOOR)
    .describe("Share of the pool that must be usable; else the least bad exits are used too.")
    .exactOptional(),
});

const TIERS = expected("a list of tiers, the cheapest first, or { order, upAfter, downAfter }");
const order = z
  .array(text)
  .refine((tiers) => new Set(tiers).size === tiers.length, "names a tier twice")
  .refine((tiers) => !tiers.slice(1).includes("direct"), "direct can only be the first tier");
const tiers = z.union(
  [
    order,
    z.strictObject({
      order: order.describe("Tiers by the tag of that name, the cheapest first; direct may be the first.").exactOptional(),
      upAfter: count.describe("Failures on one target until it is moved up.").exactOptional(),
      downAfter: duration.describe("How long until a target that was moved up tries a cheaper tier again.").exactOptional(),
    }),
  ],
  TIERS,
);

const PRICE = expected("a price per GiB");
const prices = z.record(text, z.number(PRICE).min(0, PRICE));

const timeouts = z.strictObject({
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

const limits = z.strictObject({
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

const tolerances = z.strictObject({
  bareLf: onOff.describe("RFC 9112 2.2: a bare LF ends a line of a response.").exactOptional(),
  obsFold: onOff.describe("RFC 9112 5.2: a folded field is joined by a space.").exactOptional(),
  spaceBeforeColon: onOff.describe("RFC 9112 5.1: whitespace before the colon is removed.").exactOptional(),
  repeatedLength: onOff.describe("RFC 9112 6.3: equal Content-Length values count as one.").exactOptional(),
  missingReason: onOff.describe("RFC 9112 4: a status line without the space of its absent reason.").exactOptional(),
});

const targets = z.strictObject({
  addresses: z
    .enum(["auto", "public", "any"], expected("one of auto, public, any"))
    .describe("auto: any on loopback, else public ones only.")
    .exactOptional(),
  tunnelPorts: z.array(z.int().min(1).max(65535)).describe("Ports for CONNECT and SOCKS; empty: all.").exactOptional(),
  remoteDns: z
    .enum(["check", "allow"], expected("check or allow"))
    .describe("check: names are resolved here and their addresses checked. allow: the exit resolves.")
    .exactOptional(),
});

const circuit = z.strictObject({
  failures: z.int().min(0).max(64).describe("Exits through which a target must fail; 0: it is always asked.").exactOptional(),
  kins: z.int().min(1).max(64).describe("Networks or providers that those exits are of.").exactOptional(),
  window: duration.describe("What is older does not count.").exactOptional(),
  probe: duration.describe("Until one request finds out whether it is back; doubled by each that fails.").exactOptional(),
  probeMax: duration.describe("The longest time between two of these.").exactOptional(),
  control: text
    .transform((word) => (word === "never" || word === "direct" ? word : { tag: word.toLowerCase() }))
    .describe("What decides in doubt: never, direct, or the tag of the exits to ask through.")
    .exactOptional(),
});

const log = z.strictObject({
  format: z.enum(["text", "json"], expected("text or json")).describe("Lines for people or for programs.").exactOptional(),
  query: z.enum(["keep", "drop"], expected("keep or drop")).describe("Query values in logs and records.").exactOptional(),
});

const admin = z.strictObject({
  address: text.describe("host:port.").exactOptional(),
  token: text.describe("What readers send as Authorization: Bearer TOKEN; needed off loopback.").exactOptional(),
});

const DIRECT = expected("one of never, fallback, only");
const ADMIN = expected("off, an address, or { address, token }");

const configFile: z.ZodType<ConfigFile> = z.strictObject({
  name: text
    .max(128)
    .regex(/^[\x21-\x7e]+$/, expected("printable ASCII without spaces"))
    .describe("In Proxy-Status and Via; name each of several gateways in a row.")
    .exactOptional(),
  listen: z
    .union([listenItem, z.array(listenItem).min(1, "needs at least one address")], expected("an address or a list of them"))
    .describe("Where clients connect.")
    .exactOptional(),
  admin: z.union([text, admin], ADMIN).describe("Where health, metrics and records are served; or off.").exactOptional(),
  direct: z
    .enum(["never", "fallback", "only", "always"], DIRECT)
    .transform((mode) => (mode === "always" ? "only" : mode))
    .describe("Whether to connect without an exit.")
    .exactOptional(),
  bypass: z.array(text).describe("Hosts and networks that go direct, as in NO_PROXY.").exactOptional(),
  exits: z
    .array(z.union([text, exitList], expected("an exit, or { file: … } or { url: … }")))
    .describe("Exits and lists of them.")
    .exactOptional(),
  users: users.exactOptional(),
  allow: allow.exactOptional(),
  attempts: attempts.exactOptional(),
  rules: rulesItem.describe("What to make of answers and faults: rules by name, ready-made ones on or off.").exactOptional(),
  pool: pool.describe("Which exits are taken.").exactOptional(),
  check: checkItem.describe("What each exit must pass before it is used, and now and then after that.").exactOptional(),
  tiers: tiers.describe("Kinds of exits, the cheapest first: a target is moved up where one is not enough.").exactOptional(),
  prices: prices.describe("Tier to what its traffic costs per GiB.").exactOptional(),
  pacing: pacing.describe("What exits and targets get at most.").exactOptional(),
  hedge: hedge.describe("A second attempt beside a slow one.").exactOptional(),
  timeouts: timeouts.exactOptional(),
  limits: limits.exactOptional(),
  tolerances: tolerances.describe("What responses may do that RFC 9112 lets a recipient accept.").exactOptional(),
  targets: targets.describe("Which targets listeners let through.").exactOptional(),
  circuit: circuit.describe("When a target counts as down.").exactOptional(),
  proxyStatus: z
    .enum(["failures", "always", "never"], expected("one of failures, always, never"))
    .describe("When the Proxy-Status field is sent; failures: on failures and rescues.")
    .exactOptional(),
  via: onOff.describe("Send a Via field.").exactOptional(),
  firstFlightReplay: onOff.describe("Replay a tunnel's ClientHello through another exit when nothing came back.").exactOptional(),
  ca: z
    .union([text, z.array(text)], expected("a PEM file or a list of them"))
    .describe("Authorities to trust besides Node's own.")
    .exactOptional(),
  log: log.exactOptional(),
});

/** Where and why a value is not what the schema wants, as zod reports it. */
export type SchemaIssue = z.core.$ZodIssue;

/** Checks the form of a config file's value and reads its units. */
export function readConfigFile(value: unknown): { file: ConfigFile } | { issues: readonly SchemaIssue[] } {
  const result = configFile.safeParse(value);
  return result.success ? { file: result.data } : { issues: result.error.issues };
}

/** JSON Schema of the config file as it is written, without defaults. */
export function configFileSchema(): z.core.JSONSchema.BaseSchema {
  return z.toJSONSchema(configFile, { io: "input" });
}
