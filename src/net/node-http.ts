import type { STATUS_CODES as ReasonPhrases, createServer as StartServer } from "node:http";

// Past `import`: that one looks at all that the module exports, its WebSocket too, for which Node then loads a second HTTP client. In each thread
// it takes some MiB and 20 ms.
const { createServer: startServer, STATUS_CODES: reasonPhrases } = process.getBuiltinModule("node:http");

/** Of Node's HTTP, what this program has a use for, at a third of its price. */
export const createServer: typeof StartServer = startServer;
export const STATUS_CODES: typeof ReasonPhrases = reasonPhrases;
