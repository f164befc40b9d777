import type { Clock } from "../core/clock.ts";
import { type Fault, fault } from "../core/fault.ts";
import type { RawFields } from "../core/message.ts";
import type { RequestParams } from "../core/params.ts";
import type { Limits, ListenerSettings, User } from "../core/settings.ts";
import { allowListMatcher } from "../net/address-policy.ts";
import { checkPassword, isHashed, parseUserParams } from "./credentials.ts";
import { GuessBrake } from "./guess-brake.ts";
import { mergeParams } from "./merge-params.ts";
import { madeSessionKey, ownSessionKey } from "./session-key.ts";

/** Who a client is and what its user name asks for. */
export interface Admitted {
  readonly user: string | null;
  readonly params: RequestParams;
}

/** Credentials that were checked are remembered, so that a hashed password costs its hash once. */
const REMEMBERED_MAX = 1000;

/** The door of a listener: source addresses, users, and how much may be in flight. */
export class Admission {
  readonly #settings: ListenerSettings;
  /** Of a client without a name. */
  readonly #nobody: Admitted;
  readonly #isAllowed: (address: string) => boolean;
  readonly #remembered = new Map<string, Admitted>();
  readonly #brake: GuessBrake;

  constructor(settings: ListenerSettings, clock: Clock) {
    this.#settings = settings;
    this.#nobody = { user: null, params: settings.params };
    this.#brake = new GuessBrake(clock);
    this.#isAllowed = settings.allow.length === 0 ? () => true : allowListMatcher(settings.allow);
  }

  get hasUsers(): boolean {
    return this.#settings.users.length > 0;
  }

  /** The name of the request field that names sessions, lower case: it is meant for us alone. Null: none does. */
  get sessionField(): string | null {
    const from = this.#settings.session?.from;
    return typeof from === "object" ? from.field : null;
  }

  /** By the value of Proxy-Authorization, or null without one, among the request's `fields`. */
  admitHeader(address: string, authorization: string | null, fields: RawFields): Admitted | Fault {
    const admitted = this.#admitAuthorization(address, authorization);
    return "id" in admitted ? admitted : this.#holdSession(admitted, address, fields);
  }

  #admitAuthorization(address: string, authorization: string | null): Admitted | Fault {
    const known = authorization === null ? undefined : this.#remembered.get(authorization);
    if (known !== undefined && this.#isAllowed(address)) return known;
    const credentials = authorization === null ? null : decodeBasic(authorization);
    if (credentials === "malformed")
      return fault("client.proxy_auth_invalid", "Proxy-Authorization is not of the form Basic base64(name:password)");
    const admitted = this.#admitName(address, credentials?.name ?? null, credentials?.password ?? null);
    if (authorization !== null && !("id" in admitted)) this.#remember(authorization, admitted);
    return admitted;
  }

  /** A client whose protocol has no fields. */
  admit(address: string, name: string | null, password: string | null): Admitted | Fault {
    const admitted = this.#admitName(address, name, password);
    return "id" in admitted ? admitted : this.#holdSession(admitted, address, null);
  }

  #admitName(address: string, name: string | null, password: string | null): Admitted | Fault {
    if (!this.#isAllowed(address)) return fault("client.denied", `${address} is not in this listener's allow list`);
    if (name === null)
      return this.hasUsers ? fault("client.proxy_auth_required", "this listener wants a user name and password") : this.#nobody;
    const parsed = parseUserParams(name, this.#settings.users);
    const { user } = parsed;
    // The password first: what is wrong with the parameters of a name tells that there is such a user.
    const wrong = this.hasUsers ? this.#checkLogin(address, user, password ?? "") : null;
    if (wrong !== null) return wrong;
    if ("error" in parsed) return fault("client.proxy_auth_invalid", parsed.error);
    const params = mergeParams(withOwnKey(parsed.params, user), this.#settings.params);
    if ("error" in params) return fault("client.proxy_auth_invalid", params.error);
    return { user: user === null ? null : user.name, params };
  }

  /** Gives a client that names no session the one that its listener makes for it. */
  #holdSession(admitted: Admitted, address: string, fields: RawFields | null): Admitted {
    const { session: made, port } = this.#settings;
    if (made === null || admitted.params.session !== null) return admitted;
    const { user, params } = admitted;
    const key = madeSessionKey(made.from, user, { port, address, fields });
    if (key === null) return admitted;
    return { user, params: { ...params, session: { key, hard: made.hard, durationMs: made.durationMs } } };
  }

  #checkLogin(address: string, user: User | null, password: string): Fault | null {
    const heldMs = this.#brake.heldMs(address);
    if (heldMs > 0) return fault("client.proxy_auth_invalid", `too many wrong passwords from ${address}`, { retryAfterMs: heldMs });
    if (user !== null && checkPassword(user, password)) return null;
    if (user !== null && isHashed(user)) this.#brake.miss(address);
    return fault("client.proxy_auth_invalid", "the user name or its password is wrong");
  }

  #remember(key: string, admitted: Admitted): void {
    if (this.#remembered.size >= REMEMBERED_MAX) this.#remembered.delete(this.#remembered.keys().next().value as string);
    this.#remembered.set(key, admitted);
  }
}

function withOwnKey(params: RequestParams, user: User | null): RequestParams {
  const { session } = params;
  return session === null ? params : { ...params, session: { ...session, key: ownSessionKey(user?.name ?? null, session.key) } };
}

/** Addresses without an exchange in flight that are remembered, so that a busy one is not forgotten between two requests. */
const QUIET_MAX = 1000;

/** Exchanges in flight, in all and by client address: a loop through other proxies ends here. */
export class InFlight {
  readonly #byClient = new Map<string, OfClient>();
  #all = 0;

  get size(): number {
    return this.#all;
  }

  /** Lets one more be in flight, until what is returned is called, or says why it may not. */
  enter(address: string, limits: Limits): Leave | Fault {
    const { exchanges, exchangesPerClient } = limits;
    if (this.#all >= exchanges) return fault("gateway.overloaded", `${exchanges} exchanges are in flight (limits.exchanges)`);
    const ofClient = this.#byClient.get(address) ?? this.#remember(address);
    if (ofClient.inFlight >= exchangesPerClient) {
      return fault("gateway.overloaded", `${exchangesPerClient} exchanges of ${address} are in flight (limits.exchangesPerClient)`);
    }
    this.#all += 1;
    ofClient.inFlight += 1;
    return ofClient.leave;
  }

  #remember(address: string): OfClient {
    if (this.#byClient.size >= this.#all + QUIET_MAX) this.#forgetQuiet();
    const ofClient: OfClient = {
      inFlight: 0,
      leave: () => {
        this.#all -= 1;
        ofClient.inFlight -= 1;
      },
    };
    this.#byClient.set(address, ofClient);
    return ofClient;
  }

  #forgetQuiet(): void {
    for (const [address, { inFlight }] of this.#byClient) if (inFlight === 0) this.#byClient.delete(address);
  }
}

/** Called once, at the end of what is in flight. */
export type Leave = () => void;

/** One client address. `leave` is the same for all that it has in flight, and made once. */
interface OfClient {
  inFlight: number;
  readonly leave: Leave;
}

function decodeBasic(authorization: string): { name: string; password: string } | "malformed" {
  const [, encoded] = /^basic +([A-Za-z0-9+/=_-]+) *$/i.exec(authorization) ?? [];
  if (encoded === undefined) return "malformed";
  const text = Buffer.from(encoded, "base64").toString("utf8");
  const colon = text.indexOf(":");
  return colon < 0 ? { name: text, password: "" } : { name: text.slice(0, colon), password: text.slice(colon + 1) };
}
