import { isIP } from "node:net";
import { Reader } from "mmdb-lib";

/** Where an address is, as far as the databases know. */
interface Place {
  /** ISO 3166-1, two letters, upper case. */
  readonly country: string | null;
  /** `AS64500 Example Net` */
  readonly network: string | null;
}

/** Location databases of a user's. */
export interface Geo {
  /** Never throws: what no database knows is null. */
  find(address: string): Place;
}

/** A file that is no location database; the message names it. */
export class BadGeoFile extends Error {
  override readonly name = "BadGeoFile";
}

/**
 * Opens databases in MaxMind's format (`.mmdb`) for countries, cities and networks, of whichever maker.
 *
 * @throws BadGeoFile
 */
export function openGeo(files: readonly { readonly name: string; readonly bytes: Buffer }[]): Geo {
  return new Databases(files.map(({ name, bytes }) => openReader(name, bytes)));
}

type Values = Readonly<Record<string, unknown>>;

function openReader(name: string, bytes: Buffer): Reader<never> {
  try {
    return new Reader<never>(bytes);
  } catch {
    throw new BadGeoFile(`${name} is no location database: an .mmdb file is wanted, unpacked`);
  }
}

class Databases implements Geo {
  readonly #readers: readonly Reader<never>[];

  constructor(readers: readonly Reader<never>[]) {
    this.#readers = readers;
  }

  find(address: string): Place {
    const found = this.#readers.map((reader) => lookUp(reader, address));
    return { country: firstOf(found, countryOf), network: firstOf(found, networkOf) };
  }
}

// A database that is broken inside, or of IPv4 alone, knows nothing.
function lookUp(reader: Reader<never>, address: string): Values {
  const family = isIP(address);
  if (family === 0 || (family === 6 && reader.metadata.ipVersion === 4)) return {};
  try {
    return asValues(reader.get(address));
  } catch {
    return {};
  }
}

function firstOf(found: readonly Values[], read: (values: Values) => string | null): string | null {
  for (const values of found) {
    const value = read(values);
    if (value !== null) return value;
  }
  return null;
}

/** MaxMind and DB-IP have `country.iso_code`, IPinfo `country_code` or `country`. */
function countryOf(values: Values): string | null {
  const { country, country_code: code, registered_country: registered } = values;
  const named = asValues(country)["iso_code"] ?? code ?? country ?? asValues(registered)["iso_code"];
  return typeof named === "string" && /^[A-Za-z]{2}$/.test(named) ? named.toUpperCase() : null;
}

/** MaxMind and DB-IP have a number and an organisation, IPinfo `AS64500` and a name. */
function networkOf(values: Values): string | null {
  const number = values["autonomous_system_number"] ?? values["asn"];
  const name = values["autonomous_system_organization"] ?? values["as_name"] ?? values["name"];
  if (typeof number !== "number" && typeof number !== "string") return null;
  const asn = `AS${String(number).replace(/^AS/i, "")}`;
  return typeof name === "string" && name !== "" ? `${asn} ${name.slice(0, NAME_CHARS_MAX)}` : asn;
}

const NAME_CHARS_MAX = 100;

function asValues(value: unknown): Values {
  return typeof value === "object" && value !== null ? (value as Values) : {};
}
