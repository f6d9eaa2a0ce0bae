import { Injectable } from '@nestjs/common';
import { effectivePermissions, MODULES, type Overrides, type Role } from '@rolebook/access';
import type { CommandContext } from '@rolebook/event-sourcing';
import { UserQueries } from '@rolebook/users/read';
import { SessionLists } from '../sessions/session-lists';

/** What a dry run tells beyond its events: whom and what else the change would hit. From read models: it decides nothing. */
@Injectable()
export class ForeseenImpact {
  constructor(private readonly users: UserQueries, private readonly sessions: SessionLists) {}

  /** How many sessions would end. */
  async deactivation({ businessId }: CommandContext, userId: string): Promise<{ sessionsEnded: number }> {
    return { sessionsEnded: await this.sessions.active(businessId, userId, null) };
  }

  /** Which levels would be others: `{permissions: {jobs: {from, to}}}`. */
  async role({ businessId }: CommandContext, userId: string, role: Role, removed: Overrides): Promise<object> {
    const user = await this.users.document(businessId, userId);
    if (!user) return {};
    const before = effectivePermissions(user.role, user.overrides);
    const kept = Object.fromEntries(Object.entries(user.overrides).filter(([module]) => !(module in removed)));
    const after = effectivePermissions(role, kept);
    return { permissions: Object.fromEntries(MODULES.filter((module) => before[module] !== after[module]).map((module) => [module, { from: before[module], to: after[module] }])) };
  }
}
