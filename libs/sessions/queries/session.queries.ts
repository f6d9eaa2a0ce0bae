import { Inject, Injectable } from '@nestjs/common';
import type { Collection } from '@rolebook/document-store';
import { timestamp } from '@rolebook/kernel';
import { runsOutAt } from '../domain/lifetime';
import type { SessionEntry, UserSessionsDocument } from '../projections/user-sessions';

export const USER_SESSIONS = Symbol('Collection<UserSessionsDocument>');

/** A session as people see it. */
export interface SessionView extends SessionEntry {
  readonly status: 'active' | 'ended';
}

/** Looks up the sessions of a user. */
@Injectable()
export class SessionQueries {
  constructor(@Inject(USER_SESSIONS) private readonly collection: Collection<UserSessionsDocument>) {}

  /** Newest first. @param now milliseconds since the epoch */
  async of(businessId: string, userId: string, now: number): Promise<readonly SessionView[]> {
    const document = await this.collection.get(userId);
    if (!document || document.businessId !== businessId) return [];
    return document.sessions.map((session) => {
      const end = runsOutAt(session, session.lastSeenAt);
      const over = session.endedAt === null && end <= now;
      return { ...session, endedAt: over ? timestamp(end) : session.endedAt, status: over || session.endedAt !== null ? 'ended' : 'active' };
    });
  }
}
