import { Controller, Get, Headers, Inject, Injectable, Query, Req, Res, type OnModuleDestroy } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiHeader, ApiTags } from '@nestjs/swagger';
import { holds } from '@rolebook/access';
import { AuditFeed, AuditQueries, filterFields, type AuditEntry, type AuditFilter, type Place } from '@rolebook/audit/read';
import { ReviewAuditLog } from '@rolebook/audit/write';
import { isUuid, type Clock } from '@rolebook/kernel';
import { LiveAccess, type Principal } from '@rolebook/sessions/read';
import type { FastifyReply } from 'fastify';
import { Readable } from 'node:stream';
import { CLOCK } from '../composition/tokens';
import { Answer, SignedIn } from '../http/api-docs';
import { readingContext } from '../http/context';
import { Problem } from '../http/problems';
import { Me, type ApiRequest } from '../http/request';
import { NeedsSettings } from '../http/session.guard';
import { invalidValue } from '../http/validation';
import { AuditStreamQuery, filterOf } from './audit.requests';

/** How often a quiet stream is looked after. */
const LOOK_MS = 1_000;
/** A comment goes out when nothing else has for so long, so that nobody on the way takes the connection for dead. */
const HEARTBEAT_MS = 15_000;
/** Whoever does not take what was sent for so long is cut off; `Last-Event-ID` lets them go on where they stopped. */
const PATIENCE_MS = 30_000;
const MOST_STREAMS = 500;

/** The open streams of this process. */
@Injectable()
export class AuditStreams implements OnModuleDestroy {
  private readonly open = new Set<AbortController>();

  constructor(private readonly feed: AuditFeed, private readonly live: LiveAccess, @Inject(CLOCK) private readonly clock: Clock) {}

  /** Server-sent events (HTML, section 9.2) for one reader. @throws {Problem} `unavailable` where there are too many readers */
  stream(me: Principal, filter: AuditFilter, after: Place | null): Readable {
    if (this.open.size >= MOST_STREAMS) throw new Problem('unavailable', 'Too many live streams are open.', { retryAfterSeconds: 10 });
    const ending = new AbortController();
    this.open.add(ending);
    const events = this.events(me, filter, after, ending);
    // Not Readable.from: it lets a generator finish its step before it closes, and this one's may be to wait for news.
    const readable: Readable = new Readable({
      highWaterMark: 1,
      read: () => { events.next().then(({ done, value }) => readable.push(done ? null : value), (error: Error) => readable.destroy(error)); },
      destroy: (error, done) => {
        this.open.delete(ending);
        ending.abort();
        done(error);
      },
    });
    ending.signal.addEventListener('abort', () => readable.destroy());
    return readable;
  }

  /** A stopping process does not wait for its readers: they come back to another. */
  onModuleDestroy(): void {
    for (const ending of this.open) ending.abort();
  }

  private async *events(me: Principal, filter: AuditFilter, after: Place | null, ending: AbortController): AsyncGenerator<string, void, void> {
    yield 'retry: 2000\n\n';
    let spoke = this.clock.now();
    for await (const entries of this.feed.follow(me.businessId, filter, after, { quietMs: LOOK_MS, signal: ending.signal })) {
      if (!(await this.mayRead(me))) return;
      const now = this.clock.now();
      const text = entries.map(eventText).join('') || (now - spoke >= HEARTBEAT_MS ? ': still here\n\n' : '');
      if (text === '') continue;
      spoke = now;
      const slow = setTimeout(() => ending.abort(), PATIENCE_MS);
      yield text;
      clearTimeout(slow);
    }
  }

  /** Whether the session still stands, and still may see the audit log. */
  private async mayRead(me: Principal): Promise<boolean> {
    const now = this.clock.now();
    const known = this.live.peek(me.sessionId, now);
    const principal = known === undefined ? await this.live.load(me, now) : known;
    return principal !== null && !principal.mustEnrol && holds(principal.permissions.settings, 'read');
  }
}

function eventText(entry: AuditEntry): string {
  return `id: ${entry.id}\ndata: ${JSON.stringify(entry)}\n\n`;
}

@ApiTags('Audit')
@SignedIn()
@Controller('v1/audit/stream')
export class AuditStreamController {
  constructor(
    private readonly commands: CommandBus, private readonly streams: AuditStreams, private readonly feed: AuditFeed,
    private readonly audit: AuditQueries, @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /**
   * What happens from now on, or since the entry that `Last-Event-ID` names, as server-sent events: `id` is the entry's, `data` the entry.
   * None is missed and none comes twice, over reconnects and restarts. Ends with the session.
   */
  @Get()
  @NeedsSettings('read')
  @ApiHeader({ name: 'Last-Event-ID', required: false, schema: { type: 'string', format: 'uuid' }, description: 'Id of the last entry received.' })
  @Answer(200, null, ['forbidden'], { produces: 'text/event-stream', description: 'Server-sent events.' })
  async stream(
    @Me() me: Principal, @Query() query: AuditStreamQuery, @Headers('last-event-id') last: string | undefined, @Req() request: ApiRequest, @Res() reply: FastifyReply,
  ): Promise<void> {
    const filter = filterOf(query);
    const after = last === undefined || last === '' ? await this.feed.end(me.businessId) : await this.place(me.businessId, last);
    await this.commands.execute(new ReviewAuditLog(readingContext(request, this.clock), { ...filterFields(filter), live: 'true' }));
    await reply.header('content-type', 'text/event-stream').header('x-accel-buffering', 'no').send(this.streams.stream(me, filter, after));
  }

  private async place(businessId: string, entryId: string): Promise<Place> {
    const entry = isUuid(entryId) ? await this.audit.find(businessId, entryId) : null;
    return entry ?? invalidValue('Last-Event-ID', 'is no entry of this audit log');
  }
}
