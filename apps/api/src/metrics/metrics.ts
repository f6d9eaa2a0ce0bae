import { Inject, Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import type { EventStore } from '@rolebook/event-store';
import { Streams } from '@rolebook/event-sourcing';
import type { Clock } from '@rolebook/kernel';
import { LiveAccess } from '@rolebook/sessions/read';
import type { FastifyInstance } from 'fastify';
import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client';
import { CLOCK, EVENT_STORE, PROGRESS } from '../composition/tokens';
import { onAnswered, type Answered } from '../http/answered';
import type { Progress } from '../http/freshness';
import { RequestTimes } from './request-times';

interface Lag { readonly events: number; readonly seconds: number }

/** What operators watch, in Prometheus' text format. Labels are routes and names of the code, never ids. */
@Injectable()
export class Metrics {
  private readonly registry = new Registry();
  private readonly requests = new RequestTimes(this.registry);

  constructor(
    commands: CommandBus, streams: Streams, live: LiveAccess, @Inject(PROGRESS) private readonly progress: Progress,
    @Inject(EVENT_STORE) private readonly events: EventStore, @Inject(CLOCK) private readonly clock: Clock,
  ) {
    const { registry } = this;
    collectDefaultMetrics({ register: registry, prefix: 'rolebook_' });
    const commandCount = new Counter({ name: 'rolebook_commands_total', help: 'Commands carried out or refused, by name.', labelNames: ['command'], registers: [registry] });
    commands.subscribe((command) => commandCount.inc({ command: command.constructor.name }));
    const appends = new Counter({ name: 'rolebook_events_appended_total', help: 'Events appended by this node, by type.', labelNames: ['type'], registers: [registry] });
    streams.onAppended((appended) => { for (const { event } of appended) appends.inc({ type: event.type }); });
    new Gauge({ name: 'rolebook_live_sessions', help: 'Live sessions in the memory of this node.', registers: [registry], collect() { this.set(live.size); } });
    new Gauge({ name: 'rolebook_live_access_trusted', help: '1 while requests are answered from the memory of live sessions; 0 while this node has not heard all of the log and asks the streams.', registers: [registry], collect() { this.set(live.trusted ? 1 : 0); } });
    this.measureLag();
  }

  /** Counts every answer of the server under its route's pattern. @returns what counts an answer that Fastify did not give */
  observe(fastify: FastifyInstance): Answered {
    return onAnswered(fastify, (request, reply) => this.requests.observe(request, reply));
  }

  get contentType(): string { return this.registry.contentType; }

  text(): Promise<string> {
    return this.registry.metrics();
  }

  /** Both gauges from one look; `NaN` where the log or the read models are away, so that everything else can still be watched. */
  private measureLag(): void {
    let looking: Promise<Lag> | null = null;
    const look = () => (looking ??= this.lag().catch(() => ({ events: Number.NaN, seconds: Number.NaN })).finally(() => { looking = null; }));
    const registers = [this.registry];
    new Gauge({ name: 'rolebook_projection_lag_events', help: 'Events that the read models do not show yet; 10000 means that many or more, NaN that the log or the read models are away.', registers, async collect() { this.set((await look()).events); } });
    new Gauge({ name: 'rolebook_projection_lag_seconds', help: 'Age of the oldest event that the read models do not show yet; NaN while the log or the read models are away.', registers, async collect() { this.set((await look()).seconds); } });
  }

  private async lag(): Promise<Lag> {
    await this.progress.caughtUp(await this.events.head(), 0);
    const behind = await this.events.readAll({ after: this.progress.position, limit: 10_000 });
    const [oldest] = behind;
    return { events: behind.length, seconds: oldest ? Math.max(0, this.clock.now() - Date.parse(oldest.recordedAt)) / 1000 : 0 };
  }
}
