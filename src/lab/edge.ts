import type { HostPort } from "../core/address.ts";
import { fieldValue } from "../core/message.ts";
import { type LabRequest, type Served, servesHttp } from "./lab-http.ts";
import { type LabServer, type LabTls, startLabServer } from "./lab-server.ts";
import { nginxPage } from "./refusals.ts";
import { relayRequest } from "./relay.ts";

/**
 * A reverse proxy in front of a site, which answers in nginx's words when its origin is gone. `origins` maps the host that
 * is asked for to where it is served; `*` is any other.
 */
export function startEdge(origins: Readonly<Record<string, HostPort>>, tls: LabTls | null = null): Promise<LabServer> {
  return startLabServer(
    servesHttp((request) => serve(request, origins)),
    tls,
  );
}

async function serve(request: LabRequest, origins: Readonly<Record<string, HostPort>>): Promise<Served> {
  const host = (fieldValue(request.head.fields, "host") ?? "").split(":", 1)[0] ?? "";
  const to = origins[host] ?? origins["*"];
  if (to === undefined) return refuse(request, 404, "Not Found");
  try {
    return await relayRequest(request, { to, target: request.target, tamper: null });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).syscall !== "connect") throw error;
    return refuse(request, 502, "Bad Gateway");
  }
}

async function refuse({ peer }: LabRequest, status: number, reason: string): Promise<Served> {
  await peer.send(nginxPage(status, reason));
  return "keep";
}
