import type { HostPort } from "../core/address.ts";
import type { ExitHop } from "../core/route.ts";
import { isLoginTemplate } from "./login-template.ts";

/** How one vendor has its parameters in the login. */
export interface Vendor {
  /** Where its exits are reached unless the config says otherwise; null: it must say. */
  readonly endpoint: HostPort | null;
  /** What they stand behind. */
  readonly behind: "username" | "password";
  /** The template for an account's plain user name, or password. */
  template(plain: string): string;
}

export const VENDOR_IDS = ["brightdata", "oxylabs", "decodo", "webshare", "netnut", "iproyal", "evomi", "generic"] as const;
export type VendorId = (typeof VENDOR_IDS)[number];

/** The login of an account with the vendor's template in it; one that is a template already stays. Null: there is no such part of it. */
export function vendorLogin(vendor: VendorId, { username, password }: Login): Login | null {
  const { behind, template } = VENDORS[vendor];
  const plain = behind === "username" ? username : password;
  if (plain === null) return null;
  return { username, password, [behind]: isLoginTemplate(plain) ? plain : template(plain) };
}

type Login = Pick<ExitHop, "username" | "password">;

export function isVendorId(text: string): text is VendorId {
  return (VENDOR_IDS as readonly string[]).includes(text);
}

const BEHIND_USER = { behind: "username" } as const;

/** Their words as their manuals have them. */
export const VENDORS: Readonly<Record<VendorId, Vendor>> = {
  // The account's name has customer and zone in it: brd-customer-ID-zone-ZONE.
  brightdata: {
    ...BEHIND_USER,
    endpoint: { host: "brd.superproxy.io", port: 33335 },
    template: (user) => `${user}[-country-{country}][-city-{city.joined}][-session-{session}]`,
  },
  oxylabs: {
    ...BEHIND_USER,
    endpoint: { host: "pr.oxylabs.io", port: 7777 },
    template: (user) => `${prefixed("customer-", user)}[-cc-{country}][-city-{city}][-sessid-{session}][-sesstime-{duration}]`,
  },
  decodo: {
    ...BEHIND_USER,
    endpoint: { host: "gate.decodo.com", port: 7000 },
    template: (user) => `${prefixed("user-", user)}[-country-{country}][-city-{city}][-session-{session}][-sessionduration-{duration}]`,
  },
  // Its sessions are numbers; without one it wants to hear that the exit may change.
  webshare: {
    ...BEHIND_USER,
    endpoint: { host: "p.webshare.io", port: 80 },
    template: (user) => `${user}[-{country}][-city_{city}][-{session.1-9999}|-rotate]`,
  },
  // The account's name is followed by the kind of exit, residential unless it is there, and by the country.
  netnut: {
    ...BEHIND_USER,
    endpoint: { host: "gw.netnut.net", port: 5959 },
    template: (user) => `${NETNUT_KIND.test(user) ? user : `${user}-res`}[-{country}|-any][-sid-{session.10000-999999999}]`,
  },
  // Its sessions have 8 letters and digits.
  iproyal: {
    behind: "password",
    endpoint: { host: "geo.iproyal.com", port: 12321 },
    template: (password) => `${password}[_country-{country}][_city-{city.joined}][_session-{session.8}][_lifetime-{duration}m]`,
  },
  // Its sessions have 6 to 10 letters and digits, and last no longer than two hours.
  evomi: {
    behind: "password",
    endpoint: { host: "rp.evomi.com", port: 1000 },
    template: (password) => `${password}[_country-{country.upper}][_city-{city.dotted}][_session-{session.8}][_lifetime-{duration.1-120}]`,
  },
  generic: {
    ...BEHIND_USER,
    endpoint: null,
    template: (user) => `${user}[-country-{country}][-city-{city}][-session-{session}][-sessionduration-{duration}]`,
  },
};

const NETNUT_KIND = /-(?:res|dc|stc|mob)(?:_sc)?$/;

function prefixed(prefix: string, user: string): string {
  return user.startsWith(prefix) ? user : `${prefix}${user}`;
}
