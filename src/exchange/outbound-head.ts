import { withoutField } from "../core/message.ts";
import type { Route } from "../core/route.ts";
import { writeRequestHead } from "../wire/http1/request-writer.ts";
import type { Exchange } from "./exchange.ts";
import type { HttpRequest } from "./http-request.ts";
import type { RequestPlan } from "./plan.ts";

/** The head of a request as it goes over a route, with what the config and the plan make of the client's. */
export function outboundHead(
  exchange: Exchange,
  { stream, body, path, authority }: HttpRequest,
  plan: RequestPlan,
  { target }: Route,
): string {
  const { head, lines } = stream;
  const { via, name } = exchange.context.settings;
  const { ownField } = exchange.request;
  const request = {
    method: head.method,
    target: plan.absoluteForm ? `${target.scheme}://${authority}${path === "*" ? "" : path}` : path,
    host: authority,
    fields: ownField === null ? head.fields : withoutField(head.fields, ownField),
    framing: head.framing,
    upgrade: head.upgrade,
    proxyAuthorization: plan.proxyAuthorization,
    via: via ? `1.${head.minor} ${name}` : null,
    close: false,
    expectContinue: head.expectContinue && !body.complete,
  };
  return writeRequestHead(request, ownField === null ? lines : null);
}
