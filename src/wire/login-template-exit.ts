import type { Exit, ExitHop } from "../core/route.ts";
import { BadLine } from "./exit-hop.ts";
import { fillLogin, isLoginTemplate, type LoginTemplate, type LoginValues, type Place, parseLoginTemplate } from "./login-template.ts";
import { type VendorId, vendorLogin } from "./login-template-vendors.ts";

/** Exits that one line may stand for in each country. */
export const SESSIONS_MAX = 10_000;

/** What a country and a city add to a template at most. */
const GROWTH_BYTES_MAX = 80;
const SOCKS5_BYTES_MAX = 255;
const TOO_LONG = `SOCKS5 allows ${SOCKS5_BYTES_MAX} bytes of user name and of password (RFC 1929), and this one may grow longer`;

/** The last hop's plain login becomes the vendor's template; throws BadLine. */
export function asVendorHas(vendor: VendorId, hops: readonly ExitHop[], at: number): ExitHop[] {
  const last = hops.at(-1) as ExitHop;
  const login = vendorLogin(vendor, last);
  if (last.username === null || login === null) throw new BadLine(at, "a vendor's exit has the account's user name and password");
  return [...hops.slice(0, -1), { ...last, ...login }];
}

/** What can be filled in the logins of an exit; throws BadLine. */
export function placesOf(hops: readonly ExitHop[], at: number): ReadonlySet<Place> {
  const places = new Set<Place>();
  for (const { username, password, scheme } of hops) {
    for (const text of [username, password]) {
      const template = text === null ? null : parseLoginTemplate(text);
      if (text === null || template === null) continue;
      if ("problem" in template) throw new BadLine(at, template.problem);
      const isSocks5 = scheme === "socks5" || scheme === "socks5h";
      if (isSocks5 && Buffer.byteLength(text) + GROWTH_BYTES_MAX > SOCKS5_BYTES_MAX) throw new BadLine(at, TOO_LONG);
      for (const place of template.places) places.add(place);
    }
  }
  return places;
}

/** Whether a login of the exit has places to fill: it must not be dialled as it is. */
export function isTemplateExit({ hops }: Exit): boolean {
  for (const { username, password } of hops) {
    if (username !== null && isLoginTemplate(username)) return true;
    if (password !== null && isLoginTemplate(password)) return true;
  }
  return false;
}

/** The hops with their logins filled. */
export function fillHops(hops: readonly ExitHop[], values: LoginValues): ExitHop[] {
  return hops.map((hop) => {
    const { username, password } = templatesOf(hop);
    if (username === null && password === null) return hop;
    return {
      ...hop,
      username: username === null ? hop.username : fillLogin(username, values),
      password: password === null ? hop.password : fillLogin(password, values),
    };
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

/** Null: it stands for itself. */
interface HopTemplates {
  readonly username: LoginTemplate | null;
  readonly password: LoginTemplate | null;
}

const templates = new WeakMap<ExitHop, HopTemplates>();

function templatesOf(hop: ExitHop): HopTemplates {
  const known = templates.get(hop);
  if (known !== undefined) return known;
  const read = { username: templateOf(hop.username), password: templateOf(hop.password) };
  templates.set(hop, read);
  return read;
}

function templateOf(text: string | null): LoginTemplate | null {
  const template = text === null ? null : parseLoginTemplate(text);
  return template === null || "problem" in template ? null : template;
}
