import { streamNames } from '@rolebook/access';
import { auditLog, type AuditDocument } from '@rolebook/audit/read';
import { SealingAvatarStore } from '@rolebook/avatars';
import { openInstallationSecrets } from '@rolebook/crypto';
import type { DocumentStore } from '@rolebook/document-store';
import { Erasures, type Erased, type Purge } from '@rolebook/erasure';
import { removeFromOutbox } from '@rolebook/mail/outbox';
import type { Streams } from '@rolebook/event-sourcing';
import type { OperationalStore } from '@rolebook/operational-store';
import { twoFactorStream } from '@rolebook/two-factor/read';
import { userStream } from '@rolebook/users/read';
import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Foundation } from './foundation';

/** How long an erasure waits for the read models to hear of it before it is tried again. */
const PATIENCE_MS = 5_000;
const PAGE = 500;

/** What is kept of a person in plain outside of the log, and how each is removed. */
export async function makeErasures(foundation: Foundation, progress: { caughtUp(position: number, withinMs: number): Promise<boolean> }): Promise<Erasures> {
  const { config, stores: { documents, operational, avatars, keys, masterKey }, subjectKeys, streams } = foundation;
  const secrets = await openInstallationSecrets({ store: keys, masterKey });
  const pictures = new SealingAvatarStore(avatars, subjectKeys);
  const purges: readonly Purge[] = [
    (erased) => keepInLedger(join(config.data, 'erasures.ndjson'), erased),
    ({ businessId, userId }) => pictures.deleteAll(businessId, userId),
    ({ businessId, userId }) => forgetLastSeen(operational, `${businessId}/${userId}/`),
    ({ businessId, userId }) => operational.delete('known-devices', secrets.mac('known-devices', businessId, userId)),
    async ({ position }) => {
      if (!(await progress.caughtUp(position, PATIENCE_MS))) throw new Error('the read models have not heard of the erasure yet');
    },
    (erased) => forgetMails(documents, join(config.data, 'outbox'), erased),
    () => documents.scrub(),
  ];
  return new Erasures(subjectKeys, (erased) => forgetFolded(streams, erased), purges);
}

/** Takes what a node has folded of a person out of its memory: all streams with something personal in their state. */
export function forgetFolded(streams: Pick<Streams, 'forget'>, { businessId, userId }: Pick<Erased, 'businessId' | 'userId'>): void {
  streams.forget(userStream, streamNames.user(businessId, userId));
  streams.forget(twoFactorStream, streamNames.twoFactor(businessId, userId));
}

/**
 * A copy of the key store's ledger, to be kept apart from backups: a backup from before an erasure, put back, is erased again by it.
 * Some stand in it twice. It names people by their ids alone.
 */
async function keepInLedger(file: string, { userId, at }: Erased): Promise<void> {
  await appendFile(file, `${JSON.stringify({ subject: userId, at })}\n`, { mode: 0o600 });
}

async function forgetLastSeen(operational: OperationalStore, prefix: string): Promise<void> {
  for (;;) {
    const page = await operational.scan('last-seen', { afterKey: prefix, limit: PAGE });
    const theirs = page.filter(({ key }) => key.startsWith(prefix));
    for (const { key } of theirs) await operational.delete('last-seen', key);
    if (theirs.length < PAGE) return;
  }
}

/** Mails to the person, and those that their deeds had sent: these may name them. A mail's file is named after the event that called for it. */
async function forgetMails(documents: DocumentStore, outbox: string, { userId }: Erased): Promise<void> {
  const audit = await documents.open<AuditDocument>(auditLog);
  await removeFromOutbox(outbox, async (eventIds) => {
    const found = await audit.getMany(eventIds);
    return new Set(found.flatMap(({ id, document }) => (document && (document.user === userId || document.actor === userId) ? [id] : [])));
  });
}
