import { SealingAvatarStore, type AvatarStore } from '@rolebook/avatars';
import { businesses, type BusinessDocument } from '@rolebook/businesses/read';
import { createAccessTokens, createActionTokens, createPasswordHasher, openInstallationSecrets,
  type AccessTokens, type ActionTokens, type InstallationSecrets, type KeyStore, type PasswordHasher } from '@rolebook/crypto';
import type { Collection, DocumentStore } from '@rolebook/document-store';
import type { EventStore } from '@rolebook/event-store';
import { systemClock, type Clock } from '@rolebook/kernel';
import { log } from '@rolebook/log';
import { parseSender, type Mailer } from '@rolebook/mail';
import { OutboxMailer } from '@rolebook/mail/outbox';
import { SmtpMailer } from '@rolebook/mail/smtp';
import { MailFollower } from '@rolebook/notifications';
import type { OperationalStore } from '@rolebook/operational-store';
import { Projector } from '@rolebook/projecting';
import { LiveAccess, userSessions, type UserSessionsDocument } from '@rolebook/sessions/read';
import { userDirectory, type UserDocument } from '@rolebook/users/read';
import { join } from 'node:path';
import type { Config } from './config';
import { openFoundation, type Foundation } from './foundation';
import { allReadModels } from './read-models';

/** Everything the api stands on, opened, connected and running. */
export interface Installation extends Foundation {
  readonly events: EventStore;
  readonly documents: DocumentStore;
  readonly operational: OperationalStore;
  readonly keys: KeyStore;
  readonly secrets: InstallationSecrets;
  readonly actionTokens: ActionTokens;
  readonly accessTokens: AccessTokens;
  readonly passwords: PasswordHasher;
  readonly live: LiveAccess;
  readonly projector: Projector;
  readonly mails: MailFollower;
  readonly avatars: AvatarStore;
  readonly directory: Collection<UserDocument>;
  readonly businesses: Collection<BusinessDocument>;
  readonly sessions: Collection<UserSessionsDocument>;
  close(): Promise<void>;
}

/** Opens the stores and the keys, and starts what follows the log. @throws {MasterKeyError} and the stores' own errors, each a sentence that says what to do */
export async function openInstallation(config: Config, clock: Clock = systemClock): Promise<Installation> {
  const foundation = await openFoundation(config, clock);
  const { stores, subjectKeys, codec, streams } = foundation;
  const { events, documents, operational, keys, masterKey } = stores;
  const secrets = await openInstallationSecrets({ store: keys, masterKey });
  const actionTokens = createActionTokens(secrets);
  const accessTokens = await createAccessTokens({ store: keys, masterKey, clock, issuer: 'urn:rolebook', audience: 'urn:rolebook:api' });
  const live = new LiveAccess(streams);
  const onProblem = (message: string, details: Record<string, unknown>) => log.error(message, details);
  const projector = new Projector({ events, codec, documents, readModels: allReadModels(), onProblem });
  await projector.start();
  await followLive(events, live);
  const mailer = mailerOf(config, clock);
  const desk = { streams, tokens: actionTokens, webUrl: config.webUrl, domain: new URL(config.webUrl).hostname };
  const mails = new MailFollower({ events, codec, operational, mailer, desk, clock, onProblem });
  await mails.start();
  const passwords = createPasswordHasher();
  return {
    ...foundation, events, documents, operational, keys, secrets, accessTokens, actionTokens, passwords, live, projector, mails,
    avatars: new SealingAvatarStore(stores.avatars, subjectKeys),
    directory: await documents.open<UserDocument>(userDirectory.collection),
    businesses: await documents.open<BusinessDocument>(businesses.collection),
    sessions: await documents.open<UserSessionsDocument>(userSessions.collection),
    async close() {
      await Promise.all([projector.stop(), mails.stop()]);
      await mailer.close();
      await Promise.all([stores.close(), passwords.close()]);
    },
  };
}

/** Tells the index of live sessions what other processes append. */
async function followLive(events: EventStore, live: LiveAccess): Promise<void> {
  await events.subscribe({ after: await events.head(), onEvents: (batch) => live.delivered(batch), onEnd: (reason) => log.error('live access no longer follows the log', { error: reason.message }) });
}

function mailerOf(config: Config, clock: Clock): Mailer {
  const from = parseSender(config.mailFrom);
  return config.smtpUrl === null ? new OutboxMailer({ folder: join(config.data, 'outbox'), from, now: () => clock.now() }) : new SmtpMailer({ url: config.smtpUrl, from });
}
