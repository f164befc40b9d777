/** A host and a port as a hop is dialled or asked for. `host` is a lower-case name or an IP literal without brackets. */
export interface HostPort {
  readonly host: string;
  readonly port: number;
}

/** `host:port` as it stands in an authority: an IPv6 literal gets its brackets (RFC 3986 3.2.2). */
export function formatHostPort({ host, port }: HostPort): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
