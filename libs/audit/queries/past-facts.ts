import { Injectable } from '@nestjs/common';
import { TWO_FACTOR_POLICIES, type TwoFactorPolicy } from '@rolebook/access';
import { EventCodec, UnreadableEvent } from '@rolebook/event-sourcing';
import type { EventStore } from '@rolebook/event-store';
import { AuditQueries } from './audit.queries';
import { eventsAt } from './events-at';

/** What no version of a user says, and the view of one hangs on, as it was at a moment: read from the audit log. Moments are RFC 3339. */
@Injectable()
export class PastFacts {
  constructor(private readonly audit: AuditQueries, private readonly log: Pick<EventStore, 'readAt'>, private readonly codec: EventCodec) {}

  /** Position of the last event of the business at a moment or before; `null` where it did not exist yet. */
  async positionAt(businessId: string, at: string): Promise<number | null> {
    return (await this.audit.last(businessId, { to: at }))?.position ?? null;
  }

  async policyAt(businessId: string, at: string): Promise<TwoFactorPolicy> {
    const change = await this.audit.last(businessId, { actions: ['settings.two-factor-policy-changed'], to: at });
    if (!change) return 'off';
    const [decoded] = await this.codec.decodeEach(await eventsAt(this.log, [change]));
    const policy = decoded && !(decoded instanceof UnreadableEvent) ? decoded.event.data.to : null;
    return TWO_FACTOR_POLICIES.find((known) => known === policy) ?? 'off';
  }

  /** When a person last signed in. (When they were last seen is no event, and known for now alone.) */
  async lastSeenAt(businessId: string, userId: string, at: string): Promise<string | null> {
    return (await this.audit.last(businessId, { user: userId, actions: ['session.started'], to: at }))?.recordedAt ?? null;
  }
}
