import { createHash } from "node:crypto";
import { isIP } from "node:net";
import { ipFromBytes } from "../wire/ip-bytes.ts";
import { bytesOf, unmapped } from "../wire/ip-mapped.ts";
import { decodings } from "./decodings.ts";

/** One of the addresses that were looked for, and how it was written. */
export interface Leak {
  readonly address: string;
  /** For a sentence: `as it is`, `in base64`. */
  readonly form: string;
}

/**
 * Looks for addresses in a text, in whatever form they are written: any spelling of IPv4 and IPv6, the one within the other, numbers, hex,
 * host names made of them, hashes, their numbers with anything between; and the same again, or their bytes, in base64, percent-encoding and
 * hex, one within another.
 */
export function leakFinder(addresses: readonly string[]): (text: string) => Leak | null {
  // Most answers hold nothing to look at.
  let made: readonly Wanted[] | null = null;
  return (text) => {
    made ??= addresses.flatMap((address) => {
      const bytes = bytesOf(address);
      return bytes === null ? [] : [wantedOf(unmapped(bytes))];
    });
    const wanted = made;
    if (wanted.length === 0) return null;
    for (const { text: view, form } of decodings(text)) {
      const found = findIn(view, wanted) ?? (form === "" ? null : findBytes(view, wanted));
      if (found !== null)
        return { address: found.address, form: [form, found.form].filter((part) => part !== "").join(", ") || "as it is" };
    }
    return null;
  };
}

interface Wanted {
  readonly address: string;
  /** Latin1. */
  readonly bytes: string;
  /** What else stands for it, lower case, where no letter and no digit is around it. */
  readonly words: ReadonlyMap<string, string>;
  /** Its hashes, hex. */
  readonly hashes: ReadonlyMap<string, string>;
}

function wantedOf(bytes: Uint8Array): Wanted {
  const address = ipFromBytes(bytes);
  const words = new Map<string, string>();
  const hex = Buffer.from(bytes).toString("hex");
  words.set(hex, "in hex").set(hex.replace(/^0+/, ""), "in hex");
  if (bytes.length === 4) {
    words.set(Buffer.from(bytes).reverse().toString("hex"), "in hex, backwards");
    words.set(String(Buffer.from(bytes).readUInt32BE()), "as a number");
    words.set(String(Buffer.from(bytes).readUInt32LE()), "as a number, backwards");
    addRareForms(words, Buffer.from(bytes));
  } else {
    words.set(BigInt(`0x${hex}`).toString(), "as a number");
    words.set([...hex].reverse().join("."), "backwards, as in ip6.arpa");
  }
  const backwards = [...address].reverse().join("");
  if (isIP(backwards) !== 4) words.set(backwards, "backwards"); // else it is somebody else's address
  const hashes = new Map<string, string>();
  // As a program is told it, as a shell passes it on, as a connection has it, and as databases keep it.
  for (const written of [address, `${address}\n`, bytes, hex, ...(bytes.length === 4 ? [String(Buffer.from(bytes).readUInt32BE())] : [])]) {
    for (const algorithm of HASHES) {
      const digest = createHash(algorithm).update(written).digest();
      hashes.set(digest.toString("hex"), `as its ${algorithm} hash`);
      if (written !== address) continue;
      words.set(
        digest
          .toString("base64")
          .replace(/={1,2}$/, "")
          .toLowerCase(),
        `as its ${algorithm} hash`,
      );
      words.set(digest.toString("base64url").toLowerCase(), `as its ${algorithm} hash`);
    }
  }
  return { address, bytes: Buffer.from(bytes).toString("latin1"), words, hashes };
}

const HASHES = ["md5", "sha1", "sha224", "sha256", "sha384", "sha512"] as const;

/** What inet_aton takes besides four numbers, and the octets without anything between them. */
function addRareForms(words: Map<string, string>, bytes: Buffer): void {
  const [first = 0, second = 0] = bytes;
  const octets = [...bytes];
  words.set(`${first}.${bytes.readUIntBE(1, 3)}`, "in two parts");
  words.set(`${first}.${second}.${bytes.readUInt16BE(2)}`, "in three parts");
  words.set(`0${bytes.readUInt32BE().toString(8)}`, "as an octal number");
  words.set(octets.map((octet) => String(octet).padStart(3, "0")).join(""), "in digits");
  for (const between of ["", "."]) words.set(octets.map((octet) => octet.toString(2).padStart(8, "0")).join(between), "in binary");
  for (const signed of [bytes.readInt32BE(), bytes.readInt32LE()]) if (signed < 0) words.set(String(signed), "as a number with a sign");
}

function findIn(view: string, wanted: readonly Wanted[]): Leak | null {
  const lower = view.toLowerCase();
  for (const { address, form } of [...quadsOf(lower), ...ipv6Of(lower), ...numbersOf(lower)]) {
    if (wanted.some((one) => one.address === address)) return { address, form };
  }
  for (const { address, words } of wanted) {
    for (const [word, form] of words) {
      if (hasWord(lower, word)) return { address, form };
    }
  }
  for (const [, digest = ""] of lower.matchAll(HASH)) {
    for (const { address, hashes } of wanted) {
      for (const [hash, form] of hashes) {
        if (hash.startsWith(digest)) return { address, form };
      }
    }
  }
  return null;
}

/** Often cut to half its length, or to as much as fits a number. */
const HASH = /(?<![\da-z])(?:0x)?([\da-f]{16,128})(?![\da-z])/g;

/** Bytes mean something in what was decoded alone, where others may be around them: in a text they are letters. */
function findBytes(view: string, wanted: readonly Wanted[]): Leak | null {
  const found = wanted.find(({ bytes }) => view.includes(bytes));
  return found === undefined ? null : { address: found.address, form: "as bytes" };
}

function hasWord(text: string, word: string): boolean {
  if (word.length < WORD_CHARS_MIN) return false;
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) {
    const before = text.slice(Math.max(0, at - 2), at);
    const isStart = before === "0x" || !/[\da-z]$/.test(before);
    if (isStart && !/^[\da-z]/.test(text.slice(at + word.length))) return true;
  }
  return false;
}

/** Shorter numbers stand for too much else. */
const WORD_CHARS_MIN = 7;

type Found = { readonly address: string; readonly form: string };

/** Four numbers, in every spelling that inet_aton takes, with the same between each two: a dot, a dash, `, `, `[.]`. */
const QUADS = /(?:0x[\da-f]{1,8}|\d{1,11})(?:([^\da-z]{1,3})(?:0x[\da-f]{1,8}|\d{1,11}))(?:\1(?:0x[\da-f]{1,8}|\d{1,11})){2,}/g;

function* quadsOf(text: string): Generator<Found> {
  for (const match of text.matchAll(QUADS)) {
    const separator = match[1] as string;
    const parts = match[0].split(separator);
    const end = match.index + match[0].length;
    const isArpa = text.startsWith(".in-addr.arpa", end);
    const isName = NAME_BEHIND.test(text.slice(end, end + NAME_BEHIND_CHARS));
    // More than four in a row: any four of them.
    for (let at = 0; at + 4 <= parts.length; at++) {
      const quad = parts.slice(at, at + 4);
      const form = separator === "." ? "" : /^[_-]$/.test(separator) ? "in a name" : "in other punctuation";
      yield* spellings(quad, form);
      if (isName) yield* spellings(quad.reverse(), isArpa ? "backwards, as in in-addr.arpa" : "backwards, in a name");
    }
  }
}

/** `7-100-51-198.dsl.isp.test`: half of the providers name their lines backwards. */
const NAME_BEHIND = /^[._-]?[a-z]/;
const NAME_BEHIND_CHARS = 2;

/** Any four numbers in a row, whatever is between each two of them: `{"a":198,"b":51,...}`, `198 dot 51 dot ...`. */
function* numbersOf(text: string): Generator<Found> {
  let row: string[] = [];
  let end = 0;
  for (const match of text.matchAll(/\d+/g)) {
    const between = text.slice(end, match.index);
    if (between.length > BETWEEN_CHARS_MAX || !BETWEEN.test(between)) row = [];
    end = match.index + match[0].length;
    row.push(String(Number(match[0])));
    if (row.length > 4) row.shift();
    if (row.length === 4) yield { address: row.join("."), form: "in four numbers" };
  }
}

const BETWEEN_CHARS_MAX = 12;
/** Letters alone are digits of hex, but for those that stand for a dot in names. */
const BETWEEN = /[^\da-z]|dot|^x$/;

/** A leading zero means octal to some and nothing to others. */
function* spellings(quad: readonly string[], form: string): Generator<Found> {
  for (const base of [10, 8]) {
    const numbers = quad.map((part) =>
      part.startsWith("0x") ? Number.parseInt(part, 16) : Number.parseInt(part, part.startsWith("0") ? base : 10),
    );
    if (numbers.every((number) => number >= 0 && number <= 255)) yield { address: numbers.join("."), form };
  }
}

const IPV6 = /[\da-f]{0,4}(?::[\da-f]{0,4}){2,8}(?::?\d{1,3}(?:\.\d{1,3}){3})?/g;
/** Colons cannot stand in a host name. */
const IPV6_IN_NAME = /[\da-f]{0,4}(?:-[\da-f]{0,4}){2,7}/g;

function* ipv6Of(text: string): Generator<Found> {
  for (const { 0: token, index } of text.matchAll(IPV6)) {
    if (token.startsWith("::") && /\w/.test(text.charAt(index - 1))) continue; // `app::1` is a name of some program
    yield* addressesIn(token, "");
    // A port that was put behind it without brackets.
    yield* addressesIn(token.replace(/:\d{1,5}$/, ""), "");
  }
  for (const [token] of text.matchAll(IPV6_IN_NAME)) yield* addressesIn(token.replaceAll("-", ":"), "in a name");
}

/** The address itself, and an IPv4 address that it carries (RFC 6052 NAT64, RFC 3056 6to4, RFC 4291 2.5.5). */
function* addressesIn(token: string, form: string): Generator<Found> {
  const bytes = isIP(token) === 6 ? bytesOf(token) : null;
  if (bytes === null) return;
  const plain = unmapped(bytes);
  yield { address: ipFromBytes(plain), form: plain.length === 4 ? "in an IPv6 address" : form };
  if (plain.length === 4) return;
  const isLow =
    bytes.subarray(0, 10).every((byte) => byte === 0) || (bytes[0] === 0 && bytes[1] === 0x64 && bytes[2] === 0xff && bytes[3] === 0x9b);
  if (isLow) yield { address: ipFromBytes(bytes.subarray(12)), form: "in an IPv6 address" };
  if (bytes[0] === 0x20 && bytes[1] === 0x02) yield { address: ipFromBytes(bytes.subarray(2, 6)), form: "in an IPv6 address" };
}
