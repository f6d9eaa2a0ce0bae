import { SealingAvatarStore, type AvatarStore } from '@rolebook/avatars';
import { businesses, type BusinessDocument } from '@rolebook/businesses/read';
import { createAccessTokens, createActionTokens, createPasswordHasher, openInstallationSecrets,
  type AccessTokens, type ActionTokens, type InstallationSecrets, type KeyStore, type PasswordHasher } from '@rolebook/crypto';
import type { Collection, DocumentStore } from '@rolebook/document-store';
import type { EventStore } from '@rolebook/event-store';
import { systemClock, type Clock } from '@rolebook/kernel';
import { log } from '@rolebook/log';
import type { OperationalStore } from '@rolebook/operational-store';
import { LogFollower, RemoteProgress, type Projector } from '@rolebook/projecting';
import { LiveAccess, userSessions, type UserSessionsDocument } from '@rolebook/sessions/read';
import { userDirectory, type UserDocument } from '@rolebook/users/read';
import { openAudit, type AuditParts } from './audit';
import type { Config } from './config';
import { startFollowers, type Followers } from './followers';
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
  /** What follows the log in this process; `null` where the projector app does. */
  readonly followers: Followers | null;
  /** How far the read models have come, wherever they are kept. */
  readonly progress: Pick<Projector, 'position' | 'caughtUp'>;
  readonly audit: AuditParts;
  readonly avatars: AvatarStore;
  readonly directory: Collection<UserDocument>;
  readonly businesses: Collection<BusinessDocument>;
  readonly sessions: Collection<UserSessionsDocument>;
  close(): Promise<void>;
}

/** Opens the stores and the keys, and starts what follows the log. @throws {MasterKeyError} and the stores' own errors, each a sentence that says what to do */
export async function openInstallation(config: Config, clock: Clock = systemClock): Promise<Installation> {
  const foundation = await openFoundation(config, clock);
  const { stores, subjectKeys, streams } = foundation;
  const { events, documents, operational, keys, masterKey } = stores;
  const secrets = await openInstallationSecrets({ store: keys, masterKey });
  const actionTokens = createActionTokens(secrets);
  const accessTokens = await createAccessTokens({ store: keys, masterKey, clock, issuer: 'urn:rolebook', audience: 'urn:rolebook:api' });
  const live = new LiveAccess(streams);
  const followers = config.hostsFollowers ? await startFollowers(foundation, actionTokens) : null;
  const progress = followers?.projector ?? (await RemoteProgress.of(documents, allReadModels().map(({ checkpointIn }) => checkpointIn)));
  const following = await followLive(events, live);
  const passwords = createPasswordHasher();
  return {
    ...foundation, events, documents, operational, keys, secrets, accessTokens, actionTokens, passwords, live, followers, progress,
    audit: await openAudit(stores),
    avatars: new SealingAvatarStore(stores.avatars, subjectKeys),
    directory: await documents.open<UserDocument>(userDirectory.collection),
    businesses: await documents.open<BusinessDocument>(businesses.collection),
    sessions: await documents.open<UserSessionsDocument>(userSessions.collection),
    async close() {
      await following.stop();
      await followers?.stop();
      await Promise.all([stores.close(), passwords.close()]);
    },
  };
}

/** Tells the index of live sessions what other processes append. While the log is away it remembers nothing, so that nobody ended elsewhere is let in here. */
async function followLive(events: EventStore, live: LiveAccess): Promise<LogFollower> {
  let told = await events.head();
  const follower = new LogFollower(events, {
    after: () => told,
    onEvents: (batch) => {
      live.delivered(batch);
      told = batch.at(-1)?.position ?? told;
    },
    onLost: (reason) => {
      live.suspend();
      log.error('live access does not follow the log for now', { error: reason.message });
    },
    onFound: () => live.resume(),
  });
  await follower.start();
  return follower;
}
