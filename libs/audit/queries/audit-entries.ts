import { UnreadableEvent, type EventCodec } from '@rolebook/event-sourcing';
import type { EventStore, LoggedEvent } from '@rolebook/event-store';
import type { Recorded } from '@rolebook/kernel';
import type { NameOf } from '@rolebook/users/read';
import type { AuditEntry } from '../audit-entry';
import type { AuditDocument } from '../projections/audit-log';
import type { ExportItem } from '../proof';
import { eventsAt } from './events-at';

/** Names of people of a business, as they are now. */
export type NamesOf = (businessId: string, userIds: readonly string[]) => Promise<NameOf>;

/** Entries of the audit log as people read them: decoded when somebody looks, so that an erased person's are without what was theirs. */
export class AuditEntries {
  constructor(private readonly log: Pick<EventStore, 'readAt'>, private readonly codec: EventCodec, private readonly namesOf: NamesOf) {}

  /** In the order given; all of one business. */
  async read(businessId: string, documents: readonly AuditDocument[]): Promise<readonly ExportItem[]> {
    const events = await eventsAt(this.log, documents);
    const decoded = await this.codec.decodeEach(events);
    const nameOf = await this.namesOf(businessId, documents.flatMap(({ actor, user }) => (user === null ? [actor] : [actor, user])));
    return documents.map((document, n) => ({
      event: events[n]!,
      leafIndex: document.leafIndex,
      entry: this.entry(document, events[n]!, decoded[n]!, nameOf),
    }));
  }

  private entry(document: AuditDocument, { recordedAt }: LoggedEvent, decoded: Recorded | UnreadableEvent, nameOf: NameOf): AuditEntry {
    const { id, position, action, user, actor } = document;
    const type = actor === 'system' || actor === 'anonymous' ? actor : 'user';
    const recorded = decoded instanceof UnreadableEvent ? null : decoded;
    const { ip = null, device = null, sessionId = null, requestId = null } = recorded?.metadata ?? {};
    return {
      id, position, at: recordedAt, action,
      actor: { type, id: type === 'user' ? actor : null, displayName: type === 'user' ? nameOf(actor) : null },
      user: user === null ? null : { id: user, displayName: nameOf(user) },
      changes: recorded ? this.codec.definition(recorded.event.type).changes(recorded.event.data as never) : [],
      reason: reasonOf(recorded),
      context: { ip, device, sessionId, requestId },
    };
  }
}

function reasonOf(recorded: Recorded | null): string | null {
  const reason = recorded?.event.data.reason;
  return typeof reason === 'string' ? reason : null;
}
