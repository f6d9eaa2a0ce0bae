import 'reflect-metadata';
import { createApp } from './app';
import { boundHeapGrowth, makeObjectsYoung, openInstallation, readConfig } from '@rolebook/installation';
import { SetupToken } from './composition/setup-token';

/** A process that was told to stop has ended by then: requests under way are cut off before (see http/draining.ts), so this is for what should not happen. */
const STOPPED_WITHIN_MS = 10_000;

/** Starts the service; a configuration that cannot work stops it with a sentence that says what to do. */
async function main(): Promise<void> {
  boundHeapGrowth();
  makeObjectsYoung();
  const config = readConfig(process.env);
  const installation = await openInstallation(config);
  const app = await createApp(installation);
  await app.listen(config.port, config.host);
  const url = await app.getUrl();
  console.log([
    '', `  Rolebook is listening on ${url}`, `  API to browse    ${url}/docs`, `  Data folder      ${config.data}`,
    ...(config.setupToken === null ? [`  Setup token      ${new SetupToken(config).value}`] : []), '',
    '  Look next: npm run demo plays a small business end to end.', '',
  ].join('\n'));
  let stopping = false;
  const stop = () => {
    if (stopping) return;
    stopping = true;
    setTimeout(() => process.exit(1), STOPPED_WITHIN_MS).unref();
    void app.close().then(() => installation.close()).then(() => process.exit(0), (error: unknown) => { console.error(error); process.exit(1); });
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}

main().catch((error: unknown) => {
  console.error(`Rolebook did not start: ${(error as { readonly message?: string } | null)?.message ?? String(error)}`); // an error from a thread is of another class
  process.exit(1);
});
