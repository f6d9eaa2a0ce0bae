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
  const passwords = createPasswordHasher();
  return {
    config, clock, events, documents, operational, keys, subjectKeys, secrets, accessTokens, passwords, codec, streams, live, projector,
    actionTokens: createActionTokens(secrets),
    directory: await documents.open<UserDocument>(userDirectory.collection),
    businesses: await documents.open<BusinessDocument>(businesses.collection),
    sessions: await documents.open<UserSessionsDocument>(userSessions.collection),
    async close() {
      await projector.stop();
      await Promise.all([events.close(), documents.close(), operational.close(), keys.close(), passwords.close()]);
    },
  };
}

function masterKeyOf(config: Config): MasterKey {
  if (config.masterKey !== null) return parseMasterKey(config.masterKey);
  return readOrMakeMasterKeyFile(join(config.data, 'master.key')).masterKey;
}
