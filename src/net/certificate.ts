import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";
import { bitString, bool, integer, octetString, oid, sequence, set, tagged, time, utf8String } from "../wire/der.ts";
import { ipToBytes } from "../wire/ip-bytes.ts";

/** A certificate with its key, both PEM, as node:tls takes them. */
export interface Identity {
  readonly cert: string;
  readonly key: string;
}

export interface LeafOptions {
  /** Host names and IP addresses that the certificate is for; the first is its common name too. */
  readonly names: readonly [string, ...string[]];
  /** Default: yesterday. */
  readonly notBefore?: Date;
  /** Default: in thirty days. */
  readonly notAfter?: Date;
}

/** A certificate that nobody vouches for but itself. */
export function createSelfSigned(leaf: LeafOptions): Identity {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const commonName = leaf.names[0];
  const issuer = { commonName, key: privateKey };
  const extensions = leafExtensions(leaf, keyIdOf(publicKey));
  return { cert: certify({ issuer, commonName, publicKey, extensions, ...validity(leaf) }), key: exportKey(privateKey) };
}

const DAY_MS = 24 * 60 * 60 * 1000;

export function validity(leaf: { notBefore?: Date; notAfter?: Date }): { notBefore: Date; notAfter: Date } {
  return {
    notBefore: leaf.notBefore ?? new Date(Date.now() - DAY_MS),
    notAfter: leaf.notAfter ?? new Date(Date.now() + 30 * DAY_MS),
  };
}

interface Certificate {
  readonly issuer: { readonly commonName: string; readonly key: KeyObject };
  readonly commonName: string;
  readonly publicKey: KeyObject;
  readonly extensions: readonly Buffer[];
  readonly notBefore: Date;
  readonly notAfter: Date;
}

/** Signs a certificate (RFC 5280 profile, as little of it as node:tls and OpenSSL ask for); PEM. */
export function certify({ issuer, commonName, publicKey, extensions, notBefore, notAfter }: Certificate): string {
  const version3 = tagged(0, integer(Buffer.of(2)), "constructed");
  const serial = integer(Buffer.concat([Buffer.of(0x40), randomBytes(15)])); // never negative, never with a leading zero
  const signed = sequence(
    version3,
    serial,
    ECDSA_WITH_SHA256,
    distinguishedName(issuer.commonName),
    sequence(time(notBefore), time(notAfter)),
    distinguishedName(commonName),
    publicKey.export({ type: "spki", format: "der" }),
    tagged(3, sequence(...extensions), "constructed"),
  );
  const der = sequence(signed, ECDSA_WITH_SHA256, bitString(sign("sha256", signed, issuer.key)));
  const lines = der.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}

const ECDSA_WITH_SHA256 = sequence(oid("1.2.840.10045.4.3.2"));

function distinguishedName(commonName: string): Buffer {
  return sequence(set(sequence(oid("2.5.4.3"), utf8String(commonName))));
}

export function keyIdOf(publicKey: KeyObject): Buffer {
  return createHash("sha1")
    .update(publicKey.export({ type: "spki", format: "der" }))
    .digest();
}

export function leafExtensions({ names }: LeafOptions, issuerKeyId: Buffer): Buffer[] {
  const alternatives = names.map((name) => {
    const address = ipToBytes(name);
    return address === null ? tagged(2, Buffer.from(name), "primitive") : tagged(7, address, "primitive");
  });
  return [
    extension("2.5.29.19", sequence(), "critical"), // basicConstraints: no cA
    extension("2.5.29.17", sequence(...alternatives)), // subjectAltName
    extension("2.5.29.35", sequence(tagged(0, issuerKeyId, "primitive"))), // authorityKeyIdentifier, which strict verifiers (Python's) want
  ];
}

export function extension(id: string, value: Buffer, weight?: "critical"): Buffer {
  return weight ? sequence(oid(id), bool(true), octetString(value)) : sequence(oid(id), octetString(value));
}

export function exportKey(key: KeyObject): string {
  return key.export({ type: "pkcs8", format: "pem" }).toString();
}
