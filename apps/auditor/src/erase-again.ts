import { streamNames } from '@rolebook/access';
import { businessStream } from '@rolebook/businesses/read';
import { CommandContext } from '@rolebook/event-sourcing';
import type { Foundation } from '@rolebook/installation';
import type { DomainEvent } from '@rolebook/kernel';
import { userStream } from '@rolebook/users/read';
import { randomUUID } from 'node:crypto';
import { Progress } from './progress';
import type { Terminal } from './terminal';

export interface ErasedAgain {
  readonly subject: string;
  readonly at: string;
  readonly outcome: 'unknown' | 'known' | 'written' | 'no-super-admin-left';
}

const PAGE = 5_000;
/** `user-<business>-<user>`, both UUIDs. */
const USER_STREAM = /^user-([0-9a-f-]{36})-([0-9a-f-]{36})$/;

/**
 * Carries out erasures that were decided before: no rule is asked again, since the law is above them, and the person's key comes first.
 * @param ledger who was erased, in order of time; twice is once
 */
export async function eraseAgain(foundation: Foundation, ledger: readonly { readonly subject: string; readonly at: string }[], terminal: Terminal): Promise<ErasedAgain[]> {
  const wanted = new Map(ledger.map((entry) => [entry.subject, entry]));
  const businesses = await businessesOf(foundation, wanted, terminal);
  const outcomes: ErasedAgain[] = [];
  for (const { subject, at } of wanted.values()) {
    await foundation.subjectKeys.destroy(subject, at);
    const businessId = businesses.get(subject);
    outcomes.push({ subject, at, outcome: businessId === undefined ? 'unknown' : await writeDown(foundation, businessId, subject) });
  }
  // What follows the log for erasures begins anew: pictures and mails may have come back with the backup.
  await foundation.stores.operational.delete('erasures', 'checkpoint');
  return outcomes;
}

async function businessesOf({ stores }: Foundation, wanted: ReadonlyMap<string, unknown>, terminal: Terminal): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  const progress = new Progress(terminal, 'events looked through');
  const head = await stores.events.head();
  let count = 0;
  for (let after = 0; ;) {
    const page = await stores.events.readAll({ after, limit: PAGE });
    for (const { stream } of page) {
      const [, businessId, userId] = USER_STREAM.exec(stream) ?? [];
      if (businessId !== undefined && userId !== undefined && wanted.has(userId)) found.set(userId, businessId);
    }
    const last = page.at(-1);
    if (!last) break;
    after = last.position;
    progress.report((count += page.length), after / head);
  }
  progress.end();
  return found;
}

async function writeDown({ streams, clock }: Foundation, businessId: string, userId: string): Promise<ErasedAgain['outcome']> {
  const context = new CommandContext({
    businessId, actor: { type: 'system' }, at: clock.now(), commandId: randomUUID(), requestId: null, sessionId: null, ip: null, device: null,
  });
  const { state: user, revision } = await streams.load(userStream, streamNames.user(businessId, userId));
  if (user.status === 'erased' || user.status === 'none' || user.status === 'abandoned') return 'known';
  // The list of Super Admins stays a subset of the truth: withdrawn there first.
  const { state: business } = await streams.execute<typeof businessStream.initialState, DomainEvent>(businessStream, streamNames.business(businessId), context, ({ superAdmins }) =>
    (superAdmins.includes(userId) ? [{ type: 'SuperAdminWithdrawn', data: { userId, revision } }] : []));
  await streams.execute<typeof userStream.initialState, DomainEvent>(userStream, streamNames.user(businessId, userId), context, ({ status }) =>
    (status === 'erased' ? [] : [{ type: 'UserErased', data: { userId, previousStatus: status } }]));
  return user.role === 'super-admin' && business.superAdmins.length === 0 ? 'no-super-admin-left' : 'written';
}
