import { Inject, Injectable } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import type { Clock } from '@rolebook/kernel';
import { SessionQueries, type Principal, type SessionView } from '@rolebook/sessions/read';
import { UserQueries } from '@rolebook/users/read';
import { CLOCK } from '../composition/tokens';
import { Cursors } from '../http/cursor';
import { LastSeen } from '../http/last-seen';
import { parseLimit, type ListQuery } from '../http/list-query';
import { PersonRef } from '../users/users.answers';


export class SessionAnswer {
  @ApiProperty({ format: 'uuid' }) id!: string;
  @ApiProperty({ enum: ['active', 'ended'] }) status!: string;
  @ApiProperty({ type: String, nullable: true, example: 'Chrome on macOS' }) device!: string | null;
  @ApiProperty({ type: String, nullable: true }) ip!: string | null;
  @ApiProperty({ format: 'date-time' }) startedAt!: string;
  @ApiProperty({ format: 'date-time' }) lastSeenAt!: string;
  @ApiProperty({ type: String, format: 'date-time', nullable: true }) endedAt!: string | null;
  @ApiProperty({ type: PersonRef, nullable: true, description: 'Who ended it; null where it lives, or ran out by itself.' }) endedBy!: PersonRef | null;
  @ApiProperty({ description: 'Whether the request came in this session.' }) current!: boolean;
}
export class SessionList {
  @ApiProperty({ type: [SessionAnswer] }) items!: SessionAnswer[];
  @ApiProperty({ type: String, nullable: true }) nextCursor!: string | null;
  @ApiProperty({ required: false, description: 'With `count=true`.' }) total?: number;
}
export class EndedAnswer {
  @ApiProperty({ description: 'How many sessions were ended.' }) ended!: number;
}

/** Pages of a user's sessions, newest first. */
@Injectable()
export class SessionLists {
  constructor(
    private readonly sessions: SessionQueries, private readonly users: UserQueries, private readonly lastSeen: LastSeen,
    private readonly cursors: Cursors, @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  async page(me: Principal, userId: string, query: ListQuery): Promise<SessionList> {
    const list = `sessions/${userId}`;
    const after = this.cursors.read<{ startedAt: string; id: string }>(me.businessId, list, query.cursor);
    const all = await this.sessions.of(me.businessId, userId, this.clock.now());
    const rest = after === null ? all : all.filter((session) => session.startedAt < after.startedAt || (session.startedAt === after.startedAt && session.id < after.id));
    const limit = parseLimit(query.limit);
    const page = rest.slice(0, limit);
    const last = rest.length > limit ? page.at(-1) : undefined;
    return {
      items: await this.shown(me, userId, page),
      nextCursor: last ? this.cursors.give(me.businessId, list, { startedAt: last.startedAt, id: last.id }) : null,
      ...(query.count === 'true' ? { total: all.length } : {}),
    };
  }

  /** How many sessions live. @param kept one that does not count */
  async active(businessId: string, userId: string, kept: string | null): Promise<number> {
    return (await this.sessions.of(businessId, userId, this.clock.now())).filter(({ status, id }) => status === 'active' && id !== kept).length;
  }

  private async shown(me: Principal, userId: string, page: readonly SessionView[]): Promise<SessionAnswer[]> {
    const nameOf = await this.users.names(me.businessId, page.flatMap(({ endedBy }) => (endedBy?.id ? [endedBy.id] : [])));
    return Promise.all(page.map(async ({ id, status, device, ip, startedAt, lastSeenAt, endedAt, endedBy }) => ({
      id, status, device, ip, startedAt, lastSeenAt: await this.lastSeen.latest(me.businessId, userId, id, lastSeenAt), endedAt,
      endedBy: endedBy?.id ? { id: endedBy.id, displayName: nameOf(endedBy.id) } : null, current: id === me.sessionId,
    })));
  }
}
