import { attribute } from "../blame/attribute.ts";
import { roundMs } from "../core/clock.ts";
import type { Fault } from "../core/fault.ts";
import type { AttemptRecord, AttributedFault, HopFailure } from "../core/ledger.ts";
import type { ResponseHead } from "../core/message.ts";
import type { Connection } from "../net/connection.ts";
import type { Due } from "../net/deadlines.ts";
import { HopStream } from "../net/hop-stream.ts";
import type { HopObserver } from "../net/response-sink.ts";
import { Answer } from "./answer.ts";
import { noteFault } from "./attempt-record.ts";
import type { Tried } from "./decide.ts";
import type { Engagement, Exchange } from "./exchange.ts";
import type { Answered, HttpRequest } from "./http-request.ts";
import { takeIdle } from "./idle-route.ts";
import { isToJudge, type Judgement, judgeHeld, judgeUpgrade, NOTHING_TO_SAY } from "./judge.ts";
import { LOST } from "./lane.ts";
import { openRoute } from "./open-route.ts";
import { outboundHead } from "./outbound-head.ts";
import { planRequest, type RequestPlan } from "./plan.ts";
import type { Given, Told } from "./tries.ts";

/**
 * One try of a request over one route: an idle socket or a new one, the request, and its answer's head.
 *
 *     client -> gateway -[exit ->]- target
 */
export function attemptRequest(exchange: Exchange, request: HttpRequest, given: Given, to: Told<Answered>): void {
  request.body.detach(); // a hop whose answer is held may still be getting it, beyond what is kept to be sent again
  const record = exchange.openAttempt(given.route);
  const plan = planRequest(given.route, given.session, given.addresses);
  const attempt = new RequestAttempt(exchange, request, given, plan, record);
  const idle = given.mayReuse ? takeIdle(exchange, request, plan, given.startedAt) : null;
  if (idle === null) to.tell(attempt.open());
  else attempt.run(idle, true, given.startedAt, to);
}

class RequestAttempt implements HopObserver, Engagement, Due {
  readonly #exchange: Exchange;
  readonly #request: HttpRequest;
  readonly #given: Given;
  readonly #plan: RequestPlan;
  readonly #record: AttemptRecord;
  #hop!: HopStream;
  dueAt = 0;
  dueSlot = -1;
  #bytesOutSeen = 0;
  #startedAt = 0;
  /** Null: told, or not yet begun. */
  #to: Told<Answered> | null = null;

  constructor(exchange: Exchange, request: HttpRequest, given: Given, plan: RequestPlan, record: AttemptRecord) {
    this.#exchange = exchange;
    this.#request = request;
    this.#given = given;
    this.#plan = plan;
    this.#record = record;
  }

  async open(): Promise<Tried<Answered>> {
    const opened = await openRoute(this.#exchange, this.#plan.dial, this.#given, this.#record);
    if ("attributed" in opened) return { kind: "fault", attributed: opened.attributed, record: this.#record, reachedTarget: false };
    if (this.#given.lane?.isLost) {
      opened.connection.destroy();
      return { kind: "fault", attributed: LOST, record: this.#record, reachedTarget: false };
    }
    const startedAt = this.#exchange.context.clock.now();
    return await new Promise((tell) => this.run(opened.connection, false, startedAt, { tell }));
  }

  run(connection: Connection, reused: boolean, startedAt: number, to: Told<Answered>): void {
    this.#to = to;
    const { settings, clock } = this.#exchange.context;
    const { role, hop } = this.#plan;
    const { lane } = this.#given;
    this.#startedAt = startedAt;
    this.#record.stage = "write";
    this.#record.reused = reused;
    this.#hop = new HopStream(
      connection,
      {
        limits: settings.limits.message,
        tolerances: settings.tolerances,
        clock,
        method: this.#request.stream.head.method,
        role,
        hop,
        reused,
        startedAt,
      },
      this,
    );
    if (lane === null) this.#exchange.engagement = this;
    else lane.engagement = this;
    this.#send();
  }

  onInterim(head: ResponseHead): void {
    // One 100 (Continue) is enough; a body that is already here needs none.
    if (head.status === 100 && (this.#request.continued || this.#request.body.complete)) return;
    this.#request.continued ||= head.status === 100;
    this.#request.stream.interim(head.status, head.reason, head.fields);
  }

  onHead(head: ResponseHead): void {
    const { clock } = this.#exchange.context;
    this.#record.ms.head = roundMs(clock.now() - this.#startedAt);
    this.#record.stage = "body";
    this.#record.status = head.status;
    const refused = judgeUpgrade(head, this.#request.stream.head.upgrade);
    if (refused !== null) {
      this.#hop.drop();
      this.#fail({ fault: refused, role: this.#plan.role, hop: this.#plan.hop });
      return;
    }
    const answer = new Answer(head, this.#hop);
    this.#stopWaiting();
    const isPlain = !isToJudge(head, this.#plan.role, this.#exchange.context.settings);
    this.#end(isPlain ? this.#outcome(answer, NOTHING_TO_SAY) : this.#judge(answer));
  }

  onFailure(failure: HopFailure): void {
    this.#fail(attribute(failure, this.#given.route));
  }

  onRoom(): void {
    this.#request.body.resume();
  }

  onClientFault(value: Fault): void {
    this.#hop.drop();
    this.#fail({ fault: value, role: this.#plan.role, hop: 0 });
  }

  onClientRoom(): void {}

  onLost(): void {
    this.#hop.drop();
    this.#stopWaiting();
    this.#count();
    this.#end({ kind: "fault", attributed: LOST, record: this.#record, reachedTarget: this.#hop.bytesOut > 0 });
  }

  #send(): void {
    const { stream, body } = this.#request;
    const text = outboundHead(this.#exchange, this.#request, this.#plan, this.#given.route);
    const bodyless = stream.body.done && body.bytes === 0;
    if (!bodyless) this.#hop.connection.socket.cork();
    this.#hop.write(text);
    this.#hop.listen();
    if (bodyless) this.#hop.sent();
    else {
      if (this.#to !== null) body.feed(this.#hop);
      this.#hop.connection.socket.uncork();
    }
    if (this.#to === null) return; // a hop that speaks unasked, or has gone, is done with already
    this.dueAt = this.#limit(this.#startedAt);
    this.#exchange.context.deadlines.add(this);
  }

  /** The head is late, or the body is stuck, or it only was not yet complete when the limit was set. */
  onDue(): void {
    const { clock, deadlines } = this.#exchange.context;
    const now = clock.now();
    this.dueAt = this.#limit(now);
    if (this.dueAt > now) deadlines.add(this);
    else this.#expire(now);
  }

  /** The head's limit runs from the moment that the request is out; until then its body must only get on, at the client's pace. */
  #limit(now: number): number {
    const { body } = this.#request;
    const { timeouts } = this.#exchange.context.settings;
    const { bodySentAt, deadline } = this.#exchange;
    if (body.complete) {
      return bodySentAt > this.#startedAt
        ? Math.min(deadline, bodySentAt + timeouts.head)
        : Math.min(this.#given.deadline, this.#startedAt + timeouts.head);
    }
    const { bytesOut, connection } = this.#hop;
    const isStuck = bytesOut === this.#bytesOutSeen && connection.unsentBytes > 0;
    this.#bytesOutSeen = bytesOut;
    return isStuck ? now : now + timeouts.bodyIdle;
  }

  #expire(now: number): void {
    const failure = this.#hop.timedOut(Math.round(now - this.#startedAt));
    this.#hop.drop();
    this.#fail(attribute(failure, this.#given.route));
  }

  async #judge(answer: Answer): Promise<Tried<Answered>> {
    const { role, proxyAuthorization } = this.#plan;
    const { startedAt, route } = this.#given;
    const { context, request } = this.#exchange;
    const { clock, settings } = context;
    const hardSession = request.params.session?.hard === true;
    const way = { role, authenticated: proxyAuthorization !== null, hardSession, route, ms: clock.now() - startedAt };
    const judgement = await judgeHeld(answer, way, settings);
    if (judgement.attributed?.fault.id.startsWith("relay.") !== false) return this.#outcome(answer, judgement);
    answer.drop();
    return this.#faulted(judgement.attributed);
  }

  #outcome(answer: Answer, { attributed, ruling }: Judgement): Tried<Answered> {
    this.#count();
    if (attributed !== null) noteFault(this.#record, attributed);
    const answered = { answer, plan: this.#plan, route: this.#given.route, record: this.#record };
    return { kind: "answer", answer: answered, judged: attributed, ruling, record: this.#record };
  }

  #fail(attributed: AttributedFault): void {
    this.#stopWaiting();
    this.#end(this.#faulted(attributed));
  }

  #faulted(attributed: AttributedFault): Tried<Answered> {
    this.#request.body.detach();
    this.#count();
    noteFault(this.#record, attributed);
    return { kind: "fault", attributed, record: this.#record, reachedTarget: this.#hop.bytesOut > 0 };
  }

  /** The last act: what is told goes on at once, with this hop too. */
  #end(outcome: Tried<Answered> | Promise<Tried<Answered>>): void {
    const to = this.#to;
    this.#to = null;
    to?.tell(outcome);
  }

  #stopWaiting(): void {
    this.#exchange.context.deadlines.remove(this);
    const { lane } = this.#given;
    if (lane === null) this.#exchange.engagement = null;
    else lane.engagement = null;
  }

  #count(): void {
    this.#record.bytesIn += this.#hop.bytesIn;
    this.#record.bytesOut += this.#hop.bytesOut;
  }
}
