import type { Exit, ExitHop } from "../core/route.ts";
import { BadLine } from "./exit-hop.ts";
import { fillLogin, isLoginTemplate, type LoginTemplate, type LoginValues, type Place, parseLoginTemplate } from "./login-template.ts";
import { type VendorId, vendorTemplate } from "./login-template-vendors.ts";

/** Exits that one line may stand for in each country. */
export const SESSIONS_MAX = 10_000;

/** What a country and a city add to a template at most. */
const GROWTH_BYTES_MAX = 80;
const SOCKS5_BYTES_MAX = 255;
const TOO_LONG = `SOCKS5 allows ${SOCKS5_BYTES_MAX} bytes of user name (RFC 1929), and this one may grow longer`;

/** The last hop's plain user name becomes the vendor's template; throws BadLine. */
export function asVendorHas(vendor: VendorId, hops: readonly ExitHop[], at: number): ExitHop[] {
  const last = hops.at(-1) as ExitHop;
  if (last.username === null) throw new BadLine(at, "a vendor's exit has the account's user name");
  return [...hops.slice(0, -1), { ...last, username: vendorTemplate(vendor, last.username) }];
}

/** What can be filled in the user names of an exit; throws BadLine. */
export function placesOf(hops: readonly ExitHop[], at: number): ReadonlySet<Place> {
  const places = new Set<Place>();
  for (const { username, scheme } of hops) {
    const template = username === null ? null : parseLoginTemplate(username);
    if (username === null || template === null) continue;
    if ("problem" in template) throw new BadLine(at, template.problem);
    const isSocks5 = scheme === "socks5" || scheme === "socks5h";
    if (isSocks5 && Buffer.byteLength(username) + GROWTH_BYTES_MAX > SOCKS5_BYTES_MAX) throw new BadLine(at, TOO_LONG);
    for (const place of template.places) places.add(place);
  }
  return places;
}

/** Whether a user name of the exit has places to fill: it must not be dialled as it is. */
export function isTemplateExit({ hops }: Exit): boolean {
  for (const { username } of hops) if (username !== null && isLoginTemplate(username)) return true;
  return false;
}

/** The hops with their user names filled. */
export function fillHops(hops: readonly ExitHop[], values: LoginValues): ExitHop[] {
  return hops.map((hop) => {
    const template = templateOf(hop);
    return template === null ? hop : { ...hop, username: fillLogin(template, values) };
  });
}

/**
 * The exits that a line with `sessions=N` stands for: N in each of its countries, each with a session of its own that is the same one
 * whenever the list is loaded. Any other exit stands for itself.
 */
export function exitsOf(exit: Exit): readonly Exit[] {
  const { sessions, ...tags } = exit.tags;
  if (sessions === undefined || !isTemplateExit(exit)) return [exit];
  const countries = fixedValues(tags["country"]);
  const [city = null] = fixedValues(tags["city"]);
  const exits: Exit[] = [];
  for (const country of countries.length === 0 ? [null] : countries) {
    const own = { ...tags };
    set(own, "country", country);
    set(own, "city", city);
    for (let number = 0; number < Math.min(Number(sessions), SESSIONS_MAX); number++) {
      const hops = fillHops(exit.hops, { session: number, country, city, minutes: null });
      const id = [exit.id, ...(countries.length > 1 ? [country] : []), number + 1].join("-");
      exits.push({ id, hops, tags: own, rotating: false, weight: exit.weight });
    }
  }
  return exits;
}

function fixedValues(text: string | undefined): string[] {
  return (text ?? "").split(",").filter((value) => value !== "" && value !== "*");
}

function set(tags: Record<string, string>, name: string, value: string | null): void {
  if (value === null) delete tags[name];
  else tags[name] = value;
}

const templates = new WeakMap<ExitHop, LoginTemplate>();

function templateOf(hop: ExitHop): LoginTemplate | null {
  const known = templates.get(hop);
  if (known !== undefined || hop.username === null) return known ?? null;
  const template = parseLoginTemplate(hop.username);
  if (template === null || "problem" in template) return null;
  templates.set(hop, template);
  return template;
}
