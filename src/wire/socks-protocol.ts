/** The numbers of SOCKS4 (the protocol's two memos; there is no RFC) and SOCKS5 (RFC 1928, RFC 1929). */
export const SOCKS4_VERSION = 4;
export const SOCKS5_VERSION = 5;
/** RFC 1929's version of its sub-negotiation. */
export const AUTH_VERSION = 1;
/** The same in both versions. BIND and UDP ASSOCIATE are neither asked for nor served. */
export const COMMAND_CONNECT = 1;

export const SOCKS4_REPLY = { granted: 90, rejected: 91, noIdentd: 92, identdDiffers: 93 } as const;

export const SOCKS5_METHOD = { none: 0, gssapi: 1, password: 2, unacceptable: 0xff } as const;
export const SOCKS5_ADDRESS = { ipv4: 1, name: 3, ipv6: 4 } as const;
export const SOCKS5_REPLY = {
  succeeded: 0,
  generalFailure: 1,
  notAllowed: 2,
  networkUnreachable: 3,
  hostUnreachable: 4,
  refused: 5,
  ttlExpired: 6,
  commandNotSupported: 7,
  addressTypeNotSupported: 8,
} as const;
