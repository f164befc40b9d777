import { FaultError, type FaultId, fault } from "../core/fault.ts";
import { adviseScheme, describeBytes, mayBeProtocol, type Protocol, recogniseProtocol } from "./first-bytes.ts";
import { type Handshake, peek, take } from "./handshake.ts";

/**
 * The protocol that the peer answers in, as soon as its bytes say so, however they are cut; null where they are nothing that we know.
 * Nothing is consumed. Where the peer ends before its bytes say anything, the driver tells that.
 */
export function* peekProtocol(): Handshake<Protocol | null> {
  for (let wanted = 1; ; ) {
    const bytes = yield* peek(wanted);
    const protocol = recogniseProtocol(bytes);
    if (protocol !== null) return protocol;
    if (bytes.length > 0 && !mayBeProtocol(bytes)) return null;
    wanted = bytes.length < wanted ? yield* giveUp(bytes.length) : bytes.length + 1;
  }
}

/** Throws what follows from bytes that are not the protocol of this handshake: `handshake.not_a_proxy` where they are another's. */
export function* refuseUnexpected(expected: string, otherwise: FaultId): Handshake<never> {
  const protocol = yield* peekProtocol();
  const excerpt = describeBytes(yield* peek(1));
  if (protocol === null) throw new FaultError(fault(otherwise, `answered ${excerpt} where ${expected} was expected`));
  throw new FaultError(fault("handshake.not_a_proxy", `${adviseScheme(protocol)} (answered ${excerpt})`));
}

/** The peer ended in the middle: asks for more than there is, so that the driver tells how it ended. */
export function* giveUp(buffered: number): Handshake<never> {
  yield* take(buffered + 1);
  throw new TypeError("the driver answered a take that it could not fill");
}
