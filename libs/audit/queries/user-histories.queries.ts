import { Injectable } from '@nestjs/common';
import type { UserView } from '@rolebook/users/read';
import type { AuditEntry } from '../audit-entry';
import { AuditQueries, EVERYTHING, type Place } from './audit.queries';
import { UsersAt } from './users-at.queries';

/** An event of a user's, with the user as they were after it; `null` before there was one. */
export interface HistoryEntry extends AuditEntry {
  readonly after: UserView | null;
}

/** What happened to a user, in order, and what it made of them. */
@Injectable()
export class UserHistories {
  constructor(private readonly audit: AuditQueries, private readonly usersAt: UsersAt) {}

  async list(businessId: string, userId: string, page: { readonly after: Place | null; readonly limit: number }): Promise<{ readonly items: readonly HistoryEntry[]; readonly next: Place | null }> {
    const { items, next } = await this.audit.list(businessId, { ...EVERYTHING, user: userId }, { direction: 'asc', ...page });
    return { items: await Promise.all(items.map(async (entry) => ({ ...entry, after: await this.usersAt.after(businessId, userId, entry.position, entry.at) }))), next };
  }

  count(businessId: string, userId: string): Promise<number> {
    return this.audit.count(businessId, { ...EVERYTHING, user: userId });
  }
}
