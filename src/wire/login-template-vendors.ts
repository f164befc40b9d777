import type { HostPort } from "../core/address.ts";
import { isLoginTemplate } from "./login-template.ts";

/** How one vendor has its parameters in the user name. */
export interface Vendor {
  /** Where its exits are reached unless the config says otherwise; null: it must say. */
  readonly endpoint: HostPort | null;
  /** The template for an account's plain user name. */
  template(user: string): string;
}

export const VENDOR_IDS = ["brightdata", "oxylabs", "decodo", "webshare", "netnut", "generic"] as const;
export type VendorId = (typeof VENDOR_IDS)[number];

/** The template for an account's user name; a name that is one already stays. */
export function vendorTemplate(vendor: VendorId, user: string): string {
  return isLoginTemplate(user) ? user : VENDORS[vendor].template(user);
}

export function isVendorId(text: string): text is VendorId {
  return (VENDOR_IDS as readonly string[]).includes(text);
}

/** Their words as their manuals have them. */
export const VENDORS: Readonly<Record<VendorId, Vendor>> = {
  // The account's name has customer and zone in it: brd-customer-ID-zone-ZONE.
  brightdata: {
    endpoint: { host: "brd.superproxy.io", port: 33335 },
    template: (user) => `${user}[-country-{country}][-city-{city.joined}][-session-{session}]`,
  },
  oxylabs: {
    endpoint: { host: "pr.oxylabs.io", port: 7777 },
    template: (user) => `${prefixed("customer-", user)}[-cc-{country}][-city-{city}][-sessid-{session}][-sesstime-{duration}]`,
  },
  decodo: {
    endpoint: { host: "gate.decodo.com", port: 7000 },
    template: (user) => `${prefixed("user-", user)}[-country-{country}][-city-{city}][-session-{session}][-sessionduration-{duration}]`,
  },
  // Its sessions are numbers; without one it wants to hear that the exit may change.
  webshare: {
    endpoint: { host: "p.webshare.io", port: 80 },
    template: (user) => `${user}[-{country}][-city_{city}][-{session.1-9999}|-rotate]`,
  },
  // The account's name is followed by the kind of exit, residential unless it is there, and by the country.
  netnut: {
    endpoint: { host: "gw.netnut.net", port: 5959 },
    template: (user) => `${NETNUT_KIND.test(user) ? user : `${user}-res`}[-{country}|-any][-sid-{session.10000-999999999}]`,
  },
  generic: {
    endpoint: null,
    template: (user) => `${user}[-country-{country}][-city-{city}][-session-{session}][-sessionduration-{duration}]`,
  },
};

const NETNUT_KIND = /-(?:res|dc|stc|mob)(?:_sc)?$/;

function prefixed(prefix: string, user: string): string {
  return user.startsWith(prefix) ? user : `${prefix}${user}`;
}
