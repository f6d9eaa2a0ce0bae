import { SealingAvatarStore, type AvatarStore } from '@rolebook/avatars';
import { businesses, BusinessQueries, type BusinessDocument } from '@rolebook/businesses/read';
import { createAccessTokens, createActionTokens, createPasswordHasher, openInstallationSecrets,
  type AccessTokens, type ActionTokens, type InstallationSecrets, type KeyStore, type PasswordHasher } from '@rolebook/crypto';
import type { Collection, DocumentStore } from '@rolebook/document-store';
import type { Erasures } from '@rolebook/erasure';
import type { EventStore } from '@rolebook/event-store';
import { systemClock, type Clock } from '@rolebook/kernel';
import type { OperationalStore } from '@rolebook/operational-store';
import { RemoteProgress, type Projector } from '@rolebook/projecting';
import { LiveAccess, userSessions, type UserSessionsDocument } from '@rolebook/sessions/read';
import { PermissionTexts, userDirectory, UserQueries, type UserDocument } from '@rolebook/users/read';
import { checkAgreement } from './agreement';
import { openAudit, type AuditParts } from './audit';
import type { Config } from './config';
import { forgetFolded, makeErasures } from './erasures';
import { startFollowers, type Followers } from './followers';
import { openFoundation, type Foundation } from './foundation';
import { followLive } from './live-follower';
import { allReadModels } from './read-models';
import type { Stores } from './stores';

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
  /** Answers about permissions, in memory. */
  readonly permissionTexts: PermissionTexts;
  /** What follows the log in this process; `null` where the projector app does. */
  readonly followers: Followers | null;
  /** How far the read models have come, wherever they are kept. */
  readonly progress: Pick<Projector, 'position' | 'positionOf' | 'caughtUp'>;
  /** Position up to which this node may have taken the changes itself before it was started: alone, whatever was in the log; 0 where there are others. */
  readonly tookBefore: number;
  readonly audit: AuditParts;
  readonly erasures: Erasures;
  readonly avatars: AvatarStore;
  readonly directory: Collection<UserDocument>;
  readonly businesses: Collection<BusinessDocument>;
  readonly sessions: Collection<UserSessionsDocument>;
  close(): Promise<void>;
}

/** Opens the stores and the keys, and starts what follows the log. @throws {StoresDisagree} {MasterKeyError} and the stores' own errors, each a sentence that says what to do */
export async function openInstallation(config: Config, clock: Clock = systemClock): Promise<Installation> {
  const foundation = await openFoundation(config, clock);
  const { stores, subjectKeys, streams } = foundation;
  await closingOnFailure(stores, () => checkAgreement(foundation));
  const { events, documents, operational, keys, masterKey } = stores;
  const secrets = await openInstallationSecrets({ store: keys, masterKey });
  const actionTokens = createActionTokens(secrets);
  const accessTokens = await createAccessTokens({ store: keys, masterKey, clock, issuer: 'urn:rolebook', audience: 'urn:rolebook:api' });
  const live = new LiveAccess(streams);
  const followers = config.hostsFollowers ? await startFollowers(foundation, actionTokens) : null;
  const progress = followers?.projector ?? (await RemoteProgress.of(documents, allReadModels()));
  const tookBefore = config.eventStoreUrl === null ? await events.head() : 0;
  const directory = await documents.open<UserDocument>(userDirectory.collection);
  const businessCollection = await documents.open<BusinessDocument>(businesses.collection);
  const permissionTexts = new PermissionTexts(new UserQueries(directory, new BusinessQueries(businessCollection)), progress);
  const following = await followLive({
    events, live, texts: permissionTexts, subjectKeys, accessTokens, forget: (erased) => forgetFolded(streams, erased), manyNodes: config.eventStoreUrl !== null,
  });
  const passwords = createPasswordHasher();
  return {
    ...foundation, events, documents, operational, keys, secrets, accessTokens, actionTokens, passwords, live, permissionTexts, followers, progress, tookBefore, directory,
    audit: await openAudit(stores),
    erasures: followers?.erasures ?? (await makeErasures(foundation, progress)),
    avatars: new SealingAvatarStore(stores.avatars, subjectKeys),
    businesses: businessCollection,
    sessions: await documents.open<UserSessionsDocument>(userSessions.collection),
    async close() {
      await following.stop();
      await followers?.stop();
      await Promise.all([stores.close(), passwords.close()]);
    },
  };
}

async function closingOnFailure(stores: Stores, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    await stores.close();
    throw error;
  }
}
