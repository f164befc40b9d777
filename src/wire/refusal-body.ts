import { fieldValue, type RawFields } from "../core/message.ts";
import { type Handshake, peek } from "./handshake.ts";

export const REFUSAL_BODY_BYTES_MAX: number = 16 * 1024;

/** A refusal is told without its body rather than late: by its head we know enough to try another exit. */
const GRACE_MS = 500;

/**
 * What there is of the body of a reply that refused CONNECT, at most 16 KiB, soon: whole where its length is known and it comes at once,
 * else what came. It is evidence and never forwarded, so that its framing may be bad: then the bytes are kept as they came. Nothing is
 * consumed, since nothing but closing can follow.
 */
export function* readRefusalBody(fields: RawFields): Handshake<Uint8Array> {
  const coding = fieldValue(fields, "transfer-encoding");
  if (coding !== null && /(^|[\s,])chunked\s*$/i.test(coding)) return yield* readChunked();
  const declared = fieldValue(fields, "content-length");
  const isLengthKnown = coding === null && declared !== null && /^\d+$/.test(declared);
  const wanted = isLengthKnown ? Math.min(Number(declared), REFUSAL_BODY_BYTES_MAX) : REFUSAL_BODY_BYTES_MAX;
  if (wanted === 0) return new Uint8Array(0);
  const bytes = yield* peek(wanted, GRACE_MS);
  return Uint8Array.from(bytes.subarray(0, wanted));
}

function* readChunked(): Handshake<Uint8Array> {
  for (let wanted = 1; ; ) {
    const bytes = yield* peek(wanted, GRACE_MS);
    const { payload, isWhole } = joinChunks(bytes.subarray(0, REFUSAL_BODY_BYTES_MAX));
    if (isWhole || bytes.length < wanted || bytes.length >= REFUSAL_BODY_BYTES_MAX) return Uint8Array.from(payload);
    wanted = bytes.length + 1;
  }
}

/** The chunks' payload (RFC 9112 7.1), as far as they came; `isWhole` where nothing more is to be waited for. */
function joinChunks(bytes: Uint8Array): { payload: Uint8Array; isWhole: boolean } {
  const slices: Uint8Array[] = [];
  for (let at = 0; ; ) {
    const lineEnd = bytes.indexOf(LF, at);
    if (lineEnd === -1) return { payload: Buffer.concat(slices), isWhole: false };
    const size = /^[0-9a-f]{1,8}/i.exec(Buffer.from(bytes.subarray(at, Math.min(lineEnd, at + 8))).toString("latin1"));
    if (size === null) return { payload: Buffer.concat([...slices, bytes.subarray(at)]), isWhole: false };
    const end = lineEnd + 1 + Number.parseInt(size[0], 16);
    if (end === lineEnd + 1) return { payload: Buffer.concat(slices), isWhole: true };
    slices.push(bytes.subarray(lineEnd + 1, end));
    at = end;
    // The chunk's own line end, which old proxies forget the CR of.
    if (bytes[at] === CR) at++;
    if (bytes[at] === LF) at++;
  }
}

const CR = 0x0d;
const LF = 0x0a;
