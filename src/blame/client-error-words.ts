/** What a status of the 4xx says, and what the client may do about it. */
export const CLIENT_ERRORS: Readonly<Record<number, readonly [string, string]>> = {
  400: [
    "the site could not make sense of the request",
    "Compare the request with one that a browser sends: Host, encoding, cookies too large.",
  ],
  401: ["the site wants a login", "Send credentials of the site; those of a proxy go into Proxy-Authorization."],
  403: [
    "the site refuses this request, without the marks of a product that keeps robots out",
    "Try with no proxy and through another network: if these get the page, the exit's address is refused.",
  ],
  404: ["there is no such page", "Check the URL; behind a proxy also whether the Host field is the site's."],
  405: ["the method is not allowed there", "Use another method."],
  407: ["a proxy wants credentials", "Give user and password in the proxy's URL."],
  408: ["the request did not arrive in time", "Send it faster, or open a new connection."],
  413: [
    "the request's body is too large for somebody on the way",
    "Send less at once; the edge's limit may be nginx's client_max_body_size (1 MiB by default).",
  ],
  421: [
    "the connection led to a server that does not serve this host",
    "Use a connection of its own for each host, and the right name in TLS (SNI).",
  ],
  429: ["the site wants fewer requests", "Wait as long as Retry-After says; ask more slowly."],
  431: ["the request's fields are too large for somebody on the way", "Send fewer or smaller cookies."],
  451: ["the page is withheld for legal reasons, as a rule in one country", "Ask through an exit of another country."],
};
