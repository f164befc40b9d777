/** node proxy-chain-server.ts PORT: the npm package proxy-chain as a forward proxy. */
import { Server } from "proxy-chain";

await new Server({ host: "127.0.0.1", port: Number(process.argv[2]) }).listen();
