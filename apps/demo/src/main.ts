import { parseArgs } from 'node:util';
import { join } from 'node:path';
import { Client, Surprise } from './client';
import { startService, type RunningService } from './own-service';
import { Stage } from './stage';
import { play } from './story';
import { Timeline } from './timeline';

const HELP = `Plays a small business end to end over REST alone, and prints what happened.

  npm run demo                                   against a service of its own, in a temporary folder
  npm run demo -- --url URL --setup-token TOKEN --data FOLDER
                                                 against one that runs; FOLDER is its data folder, for the outbox
`;

/** Exit code 0 where everything came out as the story says, 1 otherwise, 2 for wrong arguments. */
async function main(): Promise<number> {
  const service = await serviceFrom(process.argv.slice(2));
  if (!service) return 2;
  const timeline = new Timeline((text) => process.stdout.write(text));
  timeline.note(`\n     Rolebook at ${service.url}; every line is one request, with what it was answered.`);
  try {
    await play(new Stage(new Client(service.url), timeline, service), service.outbox);
    timeline.note(`\n     ${timeline.steps} requests, no surprise. Look next: \`npm start\` and its /docs to try it yourself, docs/adr/ for why it is so.\n`);
    return 0;
  } catch (error) {
    if (!(error instanceof Surprise)) throw error;
    process.stderr.write(`\nA surprise after ${timeline.steps} requests: ${error.message}\n`);
    return 1;
  } finally {
    await service.stop();
  }
}

async function serviceFrom(args: string[]): Promise<RunningService | null> {
  const option = { type: 'string' } as const;
  const { values: { url, data, 'setup-token': setupToken, help } } = parseArgs({ args, options: { 'url': option, 'data': option, 'setup-token': option, 'help': { type: 'boolean' } } });
  if (url === undefined && !help) return startService();
  if (help || url === undefined || data === undefined || setupToken === undefined) {
    process.stderr.write(HELP);
    return null;
  }
  return { url: url.replace(/\/+$/, ''), outbox: join(data, 'outbox'), setupToken, stop: () => Promise.resolve() };
}

main().then((code) => { process.exitCode = code; }, (error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
