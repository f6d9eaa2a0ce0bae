import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Surprise } from './client';

export interface RunningService {
  readonly url: string;
  readonly outbox: string;
  readonly setupToken: string;
  stop(): Promise<void>;
}

/** Starts what was built, on a data folder that lives as long as the demo. @throws {Surprise} where it does not come up */
export async function startService(): Promise<RunningService> {
  const data = mkdtempSync(join(tmpdir(), 'rolebook-demo-'));
  const port = await freePort();
  const setupToken = randomBytes(24).toString('base64url');
  const { EVENTSTORE_URL: _e, MONGODB_URL: _m, SMTP_URL: _s, ...env } = process.env;
  const child = spawn(process.execPath, [resolve(__dirname, '../../api/src/main.js')], {
    env: { ...env, PORT: String(port), ROLEBOOK_DATA: data, ROLEBOOK_SETUP_TOKEN: setupToken, ROLEBOOK_REQUEST_LOG: 'off' }, stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => { said += chunk.toString(); });
  const ended = new Promise<void>((done) => child.once('exit', () => done()));
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM');
    await ended;
    rmSync(data, { recursive: true, force: true });
  };
  const url = `http://127.0.0.1:${port}`;
  for (let i = 0; i < 600 && child.exitCode === null; i++) {
    if (await isReady(url)) return { url, outbox: join(data, 'outbox'), setupToken, stop };
    await new Promise((done) => setTimeout(done, 50));
  }
  await stop();
  throw new Surprise(`the service did not come up:\n${said.slice(-2_000)}`);
}

async function isReady(url: string): Promise<boolean> {
  return fetch(`${url}/health/ready`).then(({ ok }) => ok, () => false);
}

function freePort(): Promise<number> {
  return new Promise((done, fail) => {
    const server = createServer().once('error', fail).listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => done(port));
    });
  });
}
