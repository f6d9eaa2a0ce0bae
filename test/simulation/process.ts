import { businessesWriteProviders } from '@rolebook/businesses/write';
import { ActionTokens, createActionTokens, createMasterKey, createSubjectKeys, InstallationSecrets, openInstallationSecrets, PasswordHasher, type KeyStore } from '@rolebook/crypto';
import type { DocumentStore } from '@rolebook/document-store';
import { EventCodec, Streams } from '@rolebook/event-sourcing';
import type { EventStore } from '@rolebook/event-store';
import { allEvents, allReadModels } from '@rolebook/installation';
import type { Clock } from '@rolebook/kernel';
import type { Mail } from '@rolebook/mail';
import { MailFollower } from '@rolebook/notifications';
import type { OperationalStore } from '@rolebook/operational-store';
import { LogFollower, Projector } from '@rolebook/projecting';
import { LiveAccess } from '@rolebook/sessions/read';
import { KnownDevices, sessionsWriteProviders } from '@rolebook/sessions/write';
import { Spells } from '@rolebook/spells';
import { Throttle } from '@rolebook/throttling';
import { twoFactorWriteProviders } from '@rolebook/two-factor/write';
import { usersWriteProviders } from '@rolebook/users/write';
import { IdempotencyInterceptor } from '../../apps/api/src/http/idempotency.interceptor';
import { Container } from './container';
import { documentsOver, keysOver, logOver, operationalOver, postOver } from './faulty-stores';
import { Line, type Troubles } from './line';
import type { Random } from './random';
import type { Schedule } from './schedule';

/** What outlives every process. */
export interface Durable {
  readonly events: EventStore;
  readonly documents: DocumentStore;
  readonly operational: OperationalStore;
  readonly keys: KeyStore;
  readonly mailbox: Mail[];
}

export interface Surroundings {
  readonly durable: Durable;
  readonly schedule: Pick<Schedule, 'turn' | 'clock'>;
  readonly random: Random;
  readonly troubles: Troubles;
  /** Folded states that a process keeps in memory. */
  readonly cached: number;
}

/** `api`: answers requests. `follower`: keeps the read models and sends the mails. `embedded`: both in one. */
export type Part = 'api' | 'follower' | 'embedded';

export const MASTER_KEY = createMasterKey(new Uint8Array(32).fill(7));
/** What is done in one turn of the event loop must not depend on how quick this machine is: no time passes. */
export const timelessWork = (): Spells => new Spells(() => 0);
const WEB_URL = 'https://app.example';

/** Passwords in plain sight, at no cost: what is simulated is who gets in, not how long a guess takes. */
class PlainPasswords extends PasswordHasher {
  async hash(password: string): Promise<string> { return `plain:${password}`; }
  async verify(hash: string | null, password: string): Promise<boolean> { return hash === `plain:${password}`; }
  needsRehash(): boolean { return false; }
  async close(): Promise<void> {}
}

/** One process of the service: everything that a crash takes with it. */
export class Process {
  private constructor(
    readonly part: Part, private readonly line: Line, readonly clock: Clock, readonly container: Container,
    readonly streams: Streams, readonly live: LiveAccess, readonly tokens: ActionTokens, readonly secrets: InstallationSecrets, readonly idempotency: IdempotencyInterceptor,
    readonly projector: Projector | null, readonly mails: MailFollower | null, readonly progress: { told: number },
  ) {}

  private sayDead: () => void = () => undefined;
  /** Resolves when it dies: clients notice that their connection is gone. */
  readonly death = new Promise<void>((resolve) => { this.sayDead = resolve; });

  get isDead(): boolean { return this.line.isDead; }

  /** As `kill -9`: nothing is tidied up. */
  die(): void {
    this.line.die();
    this.sayDead();
  }

  /** Starts, from what is stored. Rejects where a store is away, as the real one ends with a sentence. */
  static async start(part: Part, surroundings: Surroundings): Promise<Process> {
    const line = new Line(surroundings.schedule, surroundings.random, surroundings.troubles);
    try {
      return await Process.open(part, line, surroundings);
    } catch (error) {
      line.die();
      throw error;
    }
  }

  private static async open(part: Part, line: Line, { durable, schedule, random, cached }: Surroundings): Promise<Process> {
    const { clock } = schedule;
    const [events, documents] = [logOver(line, durable.events, random), documentsOver(line, durable.documents, random)];
    const [operational, keys] = [operationalOver(line, durable.operational, random), keysOver(line, durable.keys)];
    const subjectKeys = createSubjectKeys({ store: keys, masterKey: MASTER_KEY, cacheSize: cached });
    const codec = new EventCodec(subjectKeys, allEvents);
    const streams = new Streams(events, codec, { cached });
    const secrets = await openInstallationSecrets({ store: keys, masterKey: MASTER_KEY });
    const tokens = createActionTokens(secrets);
    const live = new LiveAccess(streams, { sessions: cached });
    const follows = part !== 'api';
    const onProblem = () => undefined;
    const projector = follows ? new Projector({ events, codec, documents, readModels: allReadModels(), work: timelessWork(), onProblem }) : null;
    const mails = follows ? new MailFollower({ events, codec, operational, mailer: postOver(line, durable.mailbox), desk: { streams, tokens, webUrl: WEB_URL, domain: 'app.example' }, clock, onProblem }) : null;
    await projector?.start();
    await mails?.start();
    const progress = { told: 0 };
    if (part !== 'follower') await followLive(events, live, progress);
    const container = new Container([
      [Streams, streams], [EventCodec, codec], [InstallationSecrets, secrets], [ActionTokens, tokens], [PasswordHasher, new PlainPasswords()],
      [Throttle, new Throttle(operational, clock)], [KnownDevices, new KnownDevices(operational, secrets, tokens)],
    ], [...usersWriteProviders, ...businessesWriteProviders, ...sessionsWriteProviders, ...twoFactorWriteProviders]);
    const idempotency = new IdempotencyInterceptor(operational, clock, secrets, subjectKeys, { eventStoreUrl: part === 'embedded' ? null : 'esdb://log' });
    return new Process(part, line, clock, container, streams, live, tokens, secrets, idempotency, projector, mails, progress);
  }
}

/** As the installation has it: what other processes append is told to those who remember live sessions. */
async function followLive(events: EventStore, live: LiveAccess, progress: { told: number }): Promise<void> {
  progress.told = await events.head();
  await new LogFollower(events, {
    after: () => progress.told,
    onEvents: (batch) => {
      live.delivered(batch);
      progress.told = batch.at(-1)?.position ?? progress.told;
    },
    onLost: () => { live.suspend(); },
    onFound: () => { live.resume(); },
  }).start();
}
