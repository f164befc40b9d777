/**
 * node origin.ts PORT: the far end of tunnels. A connection whose first byte is "s" is sent bytes as fast as it takes them, any
 * other gets back what it sends.
 */
import { createServer, type Socket } from "node:net";

const BLOCK = Buffer.alloc(256 * 1024, "x");

createServer({ noDelay: true }, (client) => {
  client.on("error", () => client.destroy());
  client.once("data", (first) => (first.toString("latin1").startsWith("s") ? stream(client) : echo(client, first)));
}).listen({ port: Number(process.argv[2]), host: "127.0.0.1", backlog: 4096 });

function stream(client: Socket): void {
  const fill = () => {
    while (!client.destroyed && client.write(BLOCK));
  };
  client.on("drain", fill);
  fill();
}

function echo(client: Socket, first: Uint8Array): void {
  client.write(first);
  client.on("data", (more) => client.write(more));
}
