/** A host and a port as a hop is dialled or asked for. `host` is a lower-case name or an IP literal without brackets. */
export interface HostPort {
  readonly host: string;
  readonly port: number;
}

/**
 * `host:port` as it stands in an authority: an IPv6 literal gets its brackets (RFC 3986 3.2.2). Asked again and again for one target while
 * an exchange runs, it gives the same text: one whose hash is known to every table that is looked up with it.
 */
export function formatHostPort({ host, port }: HostPort): string {
  if (port === last.port && host === last.host) return last.text;
  const text = host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
  last = { host, port, text };
  return text;
}

let last = { host: "", port: -1, text: "" };
