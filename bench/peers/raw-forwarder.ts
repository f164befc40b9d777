/**
 * node raw-forwarder.ts PORT: the floor of what Node can do. It forwards absolute-form GET requests over raw sockets, one
 * connection to the target for each client's, and checks nothing: no limit, no deadline, no fault.
 */
import { connect, createServer, type Socket } from "node:net";

const HEAD_END = "\r\n\r\n";
const REQUEST = /^(\S+) http:\/\/([^:/ ]+):(\d+)(\S*) /;

createServer({ noDelay: true }, forward).listen(Number(process.argv[2]), "127.0.0.1");

// client -> forwarder -> target
function forward(client: Socket): void {
  let target: Socket | null = null;
  let pending = "";
  client.on("data", (chunk) => {
    pending += chunk.toString("latin1");
    for (let end = pending.indexOf(HEAD_END); end >= 0; end = pending.indexOf(HEAD_END)) {
      const head = pending.slice(0, end + HEAD_END.length);
      pending = pending.slice(head.length);
      const [line = "", method, host, port, path] = REQUEST.exec(head) ?? [];
      target ??= join(client, connect({ host: host ?? "127.0.0.1", port: Number(port), noDelay: true }));
      target.write(`${method} ${path} ${head.slice(line.length)}`, "latin1");
    }
  });
  client.on("error", () => client.destroy());
  client.on("close", () => target?.destroy());
}

function join(client: Socket, target: Socket): Socket {
  target.on("data", (chunk) => client.write(chunk));
  target.on("error", () => client.destroy());
  target.on("close", () => client.destroy());
  return target;
}
