import { SealingAvatarStore, type AvatarStore } from '@rolebook/avatars';
import { AvatarFiles } from '@rolebook/avatars/files';
import { createAccessTokens, createActionTokens, createPasswordHasher, createSubjectKeys, checkMasterKey, openInstallationSecrets, parseMasterKey, readOrMakeMasterKeyFile,
  type AccessTokens, type ActionTokens, type InstallationSecrets, type KeyStore, type MasterKey, type PasswordHasher, type SubjectKeys } from '@rolebook/crypto';
import { openSqliteKeyStore } from '@rolebook/crypto/sqlite';
import { auditEvents } from '@rolebook/audit/events';
import { businessEvents, slugEvents } from '@rolebook/businesses/events';
import { businesses, type BusinessDocument } from '@rolebook/businesses/read';
import type { Collection, DocumentStore } from '@rolebook/document-store';
import { openSqliteDocumentStore } from '@rolebook/document-store/sqlite';
import type { EventStore } from '@rolebook/event-store';
import { openSqliteEventStore } from '@rolebook/event-store/sqlite';
import { EventCodec, Streams } from '@rolebook/event-sourcing';
import { systemClock, type Clock } from '@rolebook/kernel';
import { parseSender, type Mailer } from '@rolebook/mail';
import { OutboxMailer } from '@rolebook/mail/outbox';
import { SmtpMailer } from '@rolebook/mail/smtp';
import { MailFollower } from '@rolebook/notifications';
import type { OperationalStore } from '@rolebook/operational-store';
import { openSqliteOperationalStore } from '@rolebook/operational-store/sqlite';
import { DocumentReadModel, Projector } from '@rolebook/projecting';
import { sessionEvents, signInEvents } from '@rolebook/sessions/events';
import { LiveAccess, userSessions, type UserSessionsDocument } from '@rolebook/sessions/read';
import { twoFactorEvents } from '@rolebook/two-factor/events';
import { emailReservationEvents, userEvents } from '@rolebook/users/events';
import { userDirectory, type UserDocument } from '@rolebook/users/read';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { log } from '../http/log';
import type { Config } from './config';

/** Everything the api stands on, opened and connected. */
export interface Installation {
  readonly config: Config;
  readonly clock: Clock;
  readonly events: EventStore;
  readonly documents: DocumentStore;
  readonly operational: OperationalStore;
  readonly keys: KeyStore;
  readonly subjectKeys: SubjectKeys;
  readonly secrets: InstallationSecrets;
  readonly actionTokens: ActionTokens;
  readonly accessTokens: AccessTokens;
  readonly passwords: PasswordHasher;
  readonly codec: EventCodec;
  readonly streams: Streams;
  readonly live: LiveAccess;
  readonly projector: Projector;
  readonly mails: MailFollower;
  readonly avatars: AvatarStore;
  readonly directory: Collection<UserDocument>;
  readonly businesses: Collection<BusinessDocument>;
  readonly sessions: Collection<UserSessionsDocument>;
  close(): Promise<void>;
}

/** The events of all features: what this version of the service can read and write. */
export const allEvents = [userEvents, emailReservationEvents, businessEvents, slugEvents, sessionEvents, signInEvents, twoFactorEvents, auditEvents].map((definitions) => ({ definitions }));

/** Opens the stores, the keys and the loops on a data folder of this machine. @throws {MasterKeyError} and the stores' own errors, each a sentence that says what to do */
export async function openInstallation(config: Config, clock: Clock = systemClock): Promise<Installation> {
  mkdirSync(config.data, { recursive: true, mode: 0o700 });
  const file = (name: string) => join(config.data, name);
  const keys = await openSqliteKeyStore({ file: file('keys.db') });
  const masterKey = masterKeyOf(config);
  await checkMasterKey(keys, masterKey);
  const [events, documents, operational] = await Promise.all([
    openSqliteEventStore({ file: file('events.db'), clock }), openSqliteDocumentStore({ file: file('read-models.db') }), openSqliteOperationalStore({ file: file('operational.db'), clock }),
  ]);
  return assemble({ config, clock, keys, masterKey, events, documents, operational });
}

async function assemble(parts: {
  config: Config; clock: Clock; keys: KeyStore; masterKey: MasterKey; events: EventStore; documents: DocumentStore; operational: OperationalStore;
}): Promise<Installation> {
  const { config, clock, keys, masterKey, events, documents, operational } = parts;
  const subjectKeys = createSubjectKeys({ store: keys, masterKey, cacheSize: 100_000 });
  const secrets = await openInstallationSecrets({ store: keys, masterKey });
  const accessTokens = await createAccessTokens({ store: keys, masterKey, clock, issuer: 'urn:rolebook', audience: 'urn:rolebook:api' });
  const codec = new EventCodec(subjectKeys, allEvents);
  const streams = new Streams(events, codec);
  const live = new LiveAccess(streams);
  const projector = new Projector({
    events, codec, documents, readModels: [new DocumentReadModel(userDirectory), new DocumentReadModel(businesses), new DocumentReadModel(userSessions)],
    onProblem: (message, details) => log.error(message, details),
  });
  await projector.start();
  await followLive(events, live);
  const passwords = createPasswordHasher();
  const actionTokens = createActionTokens(secrets);
  const mailer = mailerOf(config, clock);
  const onProblem = (message: string, details: Record<string, unknown>) => log.error(message, details);
  const desk = { streams, tokens: actionTokens, webUrl: config.webUrl, domain: new URL(config.webUrl).hostname };
  const mails = new MailFollower({ events, codec, operational, mailer, desk, clock, onProblem });
  await mails.start();
  return {
    config, clock, events, documents, operational, keys, subjectKeys, secrets, accessTokens, passwords, codec, streams, live, projector, mails, actionTokens,
    avatars: new SealingAvatarStore(new AvatarFiles(join(config.data, 'avatars')), subjectKeys),
    directory: await documents.open<UserDocument>(userDirectory.collection),
    businesses: await documents.open<BusinessDocument>(businesses.collection),
    sessions: await documents.open<UserSessionsDocument>(userSessions.collection),
    async close() {
      await Promise.all([projector.stop(), mails.stop()]);
      await mailer.close();
      await Promise.all([events.close(), documents.close(), operational.close(), keys.close(), passwords.close()]);
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

function masterKeyOf(config: Config): MasterKey {
  if (config.masterKey !== null) return parseMasterKey(config.masterKey);
  return readOrMakeMasterKeyFile(join(config.data, 'master.key')).masterKey;
}
