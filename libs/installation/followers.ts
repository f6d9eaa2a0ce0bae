import type { ActionTokens } from '@rolebook/crypto';
import { CheckpointFiles, CheckpointPublisher, TreeQueries, webhook } from '@rolebook/audit/read';
import { noteSigner } from '@rolebook/audit/proof';
import { ErasureFollower, type Erasures } from '@rolebook/erasure';
import { log } from '@rolebook/log';
import { parseSender, type Mailer } from '@rolebook/mail';
import { OutboxMailer } from '@rolebook/mail/outbox';
import { SmtpMailer } from '@rolebook/mail/smtp';
import { MailFollower } from '@rolebook/notifications';
import { Projector } from '@rolebook/projecting';
import { join } from 'node:path';
import { openAudit } from './audit';
import { makeErasures } from './erasures';
import type { Foundation } from './foundation';
import { allReadModels } from './read-models';

/** What follows the log and acts on it: the read models are kept, mails go out, erasures are carried out, checkpoints published. */
export interface Followers {
  readonly projector: Projector;
  readonly mails: MailFollower;
  readonly erasures: Erasures;
  stop(): Promise<void>;
}

/** Positions, embedded: read again in some milliseconds. */
const CHECKPOINT_EVERY = 1_000;

export const onProblem = (message: string, details: Record<string, unknown>) => log.error(message, details);

export function makeProjector({ config, stores, codec }: Foundation): Projector {
  const checkpointEvery = config.eventStoreUrl === null ? CHECKPOINT_EVERY : 0;
  return new Projector({ events: stores.events, codec, documents: stores.documents, readModels: allReadModels(), checkpointEvery, onProblem });
}

/** @param actionTokens for the links in mails */
export function makeMailFollower({ config, clock, stores, codec, streams }: Foundation, actionTokens: ActionTokens, mailer: Mailer): MailFollower {
  const desk = { streams, tokens: actionTokens, webUrl: config.webUrl, domain: new URL(config.webUrl).hostname };
  return new MailFollower({ events: stores.events, codec, operational: stores.operational, mailer, desk, clock, onProblem });
}

/** SMTP where it is configured, otherwise files in the outbox. */
export function makeMailer({ config, clock }: Pick<Foundation, 'config' | 'clock'>): Mailer {
  const from = parseSender(config.mailFrom);
  return config.smtpUrl === null ? new OutboxMailer({ folder: join(config.data, 'outbox'), from, now: () => clock.now() }) : new SmtpMailer({ url: config.smtpUrl, from });
}

/** @param projector says whether the read models have come to the end of the log */
export async function makeCheckpointPublisher({ config, clock, stores }: Foundation, projector: Pick<Projector, 'position'>): Promise<CheckpointPublisher> {
  const { heads, tiles, signer } = await openAudit(stores);
  return new CheckpointPublisher({
    trees: new TreeQueries(heads, tiles), signer: noteSigner(signer), files: new CheckpointFiles(join(config.data, 'checkpoints')),
    announce: config.checkpointWebhook === null ? null : webhook(config.checkpointWebhook), clock, onProblem,
    isCaughtUp: async () => projector.position >= (await stores.events.head()),
  });
}

/** Starts following in this process. One process at a time may do so: the embedded api, or whoever holds the lease. */
export async function startFollowers(foundation: Foundation, actionTokens: ActionTokens): Promise<Followers> {
  const projector = makeProjector(foundation);
  const mailer = makeMailer(foundation);
  const mails = makeMailFollower(foundation, actionTokens, mailer);
  const erasures = await makeErasures(foundation, projector);
  const erasing = new ErasureFollower({ events: foundation.stores.events, erasures, operational: foundation.stores.operational, onProblem });
  await projector.start();
  await mails.start();
  await erasing.start();
  const checkpoints = await makeCheckpointPublisher(foundation, projector);
  checkpoints.start(foundation.config.checkpointSeconds * 1_000);
  return {
    projector, mails, erasures,
    async stop() {
      await Promise.all([projector.stop(), mails.stop(), erasing.stop()]);
      await checkpoints.stop();
      await mailer.close();
    },
  };
}
