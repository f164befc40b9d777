import { type Saying, WITHOUT_PROXY } from "./words-reading.ts";

/** What clients say of a connection that did not come about, in words that others share: asked before those. */
export const CONNECT_SAYINGS: readonly Saying[] = [
  // curl, git, PHP.
  [
    /Failed to connect to \S+ port \d{1,5}.{0,300}(?:timed out|[Tt]imeout was reached)/,
    {
      fault: "connect.timeout",
      culprit: null,
      confidence: 0.8,
      summary: "Where the client connected nothing answered TCP: with a proxy that is the proxy, not the site.",
      next: `Compare host and port of the message with those of the proxy; a firewall drops what it does not want. ${WITHOUT_PROXY}`,
    },
  ],
  // Firefox's page.
  [
    /proxy server is refusing connections/,
    {
      fault: "connect.refused",
      culprit: "exit",
      confidence: 0.85,
      summary: "Nobody listens at the proxy's address.",
      next: "Check host and port, and that it runs; else take another proxy. The site has not been asked.",
    },
  ],
];
