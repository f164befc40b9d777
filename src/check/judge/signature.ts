import {
  createHmac,
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
  timingSafeEqual,
  verify,
} from "node:crypto";

/** An Ed25519 key of a judge, fresh. */
export function createJudgeKey(): KeyObject {
  return generateKeyPairSync("ed25519").privateKey;
}

/**
 * A key for a judge and those who ask it in the same process: as hard to forge with as Ed25519 for whoever does not have it, and forty times
 * as fast. It is never told to anybody.
 */
export function createSharedKey(): KeyObject {
  return createSecretKey(randomBytes(SHARED_KEY_BYTES));
}

/** As long as what it makes (RFC 2104 section 3). */
const SHARED_KEY_BYTES = 32;

/** Base64url, without padding. */
export function signPayload(payload: string, key: KeyObject): string {
  if (isShared(key)) return authenticate(payload, key).toString("base64url");
  return sign(null, Buffer.from(CONTEXT + payload), key).toString("base64url");
}

/** Never throws, whatever the signature is. @param key public, or shared */
export function isSignedBy(payload: string, signature: string, key: KeyObject): boolean {
  const bytes = Buffer.from(signature, "base64url");
  // One spelling for one signature: a second one would be a page that its judge did not send.
  if (bytes.toString("base64url") !== signature) return false;
  if (isShared(key)) return bytes.length === MAC_BYTES && timingSafeEqual(bytes, authenticate(payload, key));
  return bytes.length === SIGNATURE_BYTES && verify(null, Buffer.from(CONTEXT + payload), key, bytes);
}

/** Of createSharedKey: nobody else may have it. */
export function isShared(key: KeyObject): boolean {
  return key.type === "secret";
}

/** HMAC with SHA-256 (RFC 2104). */
function authenticate(payload: string, key: KeyObject): Buffer {
  return createHmac("sha256", key).update(CONTEXT).update(payload, "latin1").digest();
}

/** What else the key may sign some day cannot be taken for an answer. */
const CONTEXT = "goodgateway judge 1\n";
const SIGNATURE_BYTES = 64;
const MAC_BYTES = 32;

/** A public key, or that of a private one, as a judge's URL carries it: `ed25519=` and the 32 bytes of RFC 8032 as base64url. */
export function formatJudgeKey(key: KeyObject): string {
  const { x } = createPublicOf(key).export({ format: "jwk" });
  return `${KEY_PREFIX}${x}`;
}

/** Null where the text is no such key. */
export function parseJudgeKey(text: string): KeyObject | null {
  const x = text.startsWith(KEY_PREFIX) ? text.slice(KEY_PREFIX.length) : "";
  if (!/^[A-Za-z0-9_-]{43}$/.test(x)) return null;
  try {
    return createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" });
  } catch {
    return null;
  }
}

const KEY_PREFIX = "ed25519=";

/** The private key of a PEM file; null where it holds no Ed25519 one. */
export function parsePrivateKey(pem: string): KeyObject | null {
  try {
    const key = createPrivateKey(pem);
    return key.asymmetricKeyType === "ed25519" ? key : null;
  } catch {
    return null;
  }
}

function createPublicOf(key: KeyObject): KeyObject {
  return key.type === "private" ? createPublicKey(key) : key;
}
