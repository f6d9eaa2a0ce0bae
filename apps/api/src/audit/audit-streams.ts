import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import { holds } from '@rolebook/access';
import { AuditFeed, type AuditEntry, type AuditFilter, type Place } from '@rolebook/audit/read';
import type { Clock } from '@rolebook/kernel';
import { LiveAccess, type Principal } from '@rolebook/sessions/read';
import { Readable } from 'node:stream';
import { CLOCK } from '../composition/tokens';
import { Problem } from '../http/problems';

/** How often a quiet stream is looked after. */
const LOOK_MS = 1_000;
/** A comment goes out when nothing else has for so long, so that nobody on the way takes the connection for dead. */
const HEARTBEAT_MS = 15_000;
/** Whoever does not take what was sent for so long is cut off; `Last-Event-ID` lets them go on where they stopped. */
const PATIENCE_MS = 30_000;
const MOST_STREAMS = 500;
/** Of one person, so that nobody takes all there are: a browser opens one a tab. */
const MOST_OF_ONE_PERSON = 20;

/** The open streams of this process. */
@Injectable()
export class AuditStreams implements OnModuleDestroy {
  /** With the user each is open for. */
  private readonly open = new Map<AbortController, string>();

  constructor(private readonly feed: AuditFeed, private readonly live: LiveAccess, @Inject(CLOCK) private readonly clock: Clock) {}

  /** Server-sent events (HTML, section 9.2) for one reader. @throws {Problem} `unavailable` where there are too many readers, or this one is too many of them */
  stream(me: Principal, filter: AuditFilter, after: Place | null): Readable {
    const own = [...this.open.values()].filter((userId) => userId === me.userId).length;
    if (this.open.size >= MOST_STREAMS || own >= MOST_OF_ONE_PERSON) throw new Problem('unavailable', 'Too many live streams are open.', { retryAfterSeconds: 10 });
    const ending = new AbortController();
    this.open.set(ending, me.userId);
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
    for (const ending of this.open.keys()) ending.abort();
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
