import { createActionTokens, openInstallationSecrets } from '@rolebook/crypto';
import { checkAgreement, FOLLOWERS, makeObjectsYoung, openFoundation, readConfig, startFollowers, type Followers } from '@rolebook/installation';
import { systemClock } from '@rolebook/kernel';
import { log } from '@rolebook/log';
import { Lease, LeaseKeeper } from '@rolebook/operational-store';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';

/**
 * Keeps the read models and sends the mails, outside the api. Any number may run: one works, the others stand by
 * and take over within 4 seconds. `PORT` serves /health.
 */
async function main(): Promise<void> {
  makeObjectsYoung();
  const config = readConfig(process.env);
  if (config.eventStoreUrl === null) throw new Error('the embedded api keeps its read models itself; a projector is for EVENTSTORE_URL and MONGODB_URL.');
  const foundation = await openFoundation(config, systemClock);
  const { stores } = foundation;
  await checkAgreement(foundation);
  const actionTokens = createActionTokens(await openInstallationSecrets({ store: stores.keys, masterKey: stores.masterKey }));
  let followers: Followers | null = null;
  const keeper = new LeaseKeeper({
    lease: new Lease({ store: stores.operational, clock: systemClock, name: FOLLOWERS, holder: randomUUID() }),
    async work(_holding, lost) {
      log.info('this projector works from now on');
      const mine = (followers = await startFollowers(foundation, actionTokens));
      if (!lost.aborted) await once(lost, 'abort');
      followers = null;
      await mine.stop();
      log.info('this projector stands by');
    },
    onProblem: (problem) => log.warn('the lease or the work under it failed', { error: problem instanceof Error ? problem.message : String(problem) }),
  });
  keeper.start();
  const health = createServer((_request, response) => {
    const status = followers?.projector.status();
    const failed = status !== undefined && status.failure !== null;
    response.writeHead(failed ? 503 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ status: failed ? 'down' : 'ok', working: status !== undefined, readModels: status?.readModels ?? [] }));
  });
  health.listen(config.port, config.host, () => log.info('the projector is up', { port: config.port }));
  const stop = () => {
    health.close();
    void keeper.stop().then(() => stores.close()).then(() => process.exit(0), () => process.exit(1));
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
}

main().catch((error: unknown) => {
  console.error(`The projector did not start: ${error instanceof Error ? error.message : String(error)}`);
  process.exit(1);
});
