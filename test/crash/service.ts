import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';

export const SETUP_TOKEN = 'setup-token-of-the-crash-test';
export const ROOT = resolve(__dirname, '..', '..');
const MAIN = join(ROOT, 'dist/apps/api/src/main.js');
const PATIENCE_MS = 60_000;

/** How a process ended. */
export interface Exit { readonly code: number | null; readonly signal: NodeJS.Signals | null; readonly afterMs: number }

/** The built service in a process of its own, embedded, on a data folder. */
export class Service {
  private readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  private said = '';

  /** Where it listens, once it is ready. It takes one that is free itself: one chosen for it could be another's by the time it has started. */
  port = 0;

  private constructor(private readonly process: ChildProcess) {
    this.ended = new Promise((done) => { process.once('exit', (code, signal) => { done({ code, signal }); }); });
    for (const stream of [process.stdout, process.stderr]) stream?.on('data', (chunk: Buffer) => { this.said = (this.said + chunk.toString()).slice(-4000); });
  }

  /** Starts it; it is not ready yet. @throws {Error} where nothing is built */
  static start(data: string): Service {
    if (!existsSync(MAIN)) throw new Error(`${MAIN} is missing: run \`npm run build\` first`);
    const { EVENTSTORE_URL: _e, MONGODB_URL: _m, SMTP_URL: _s, ...env } = process.env;
    return new Service(spawn(process.execPath, [MAIN], {
      env: { ...env, NODE_ENV: 'production', PORT: '0', ROLEBOOK_DATA: data, ROLEBOOK_SETUP_TOKEN: SETUP_TOKEN, ROLEBOOK_REQUEST_LOG: 'off' }, stdio: ['ignore', 'pipe', 'pipe'],
    }));
  }

  /** @returns milliseconds until it says that it is ready. @throws {Error} with what it said, where it ends or takes forever */
  async ready(): Promise<number> {
    const began = performance.now();
    while (performance.now() - began < PATIENCE_MS) {
      this.port ||= Number(/listening on http:\/\/[^:]+:(\d+)/.exec(this.said)?.[1] ?? 0);
      if (this.port > 0 && await fetch(`http://127.0.0.1:${this.port}/health/ready`).then(({ ok }) => ok, () => false)) return performance.now() - began;
      if (this.process.exitCode !== null || this.process.signalCode !== null) throw new Error(`the service ended instead of getting ready:\n${this.said}`);
      await new Promise((done) => { setTimeout(done, 10); });
    }
    throw new Error(`the service did not get ready:\n${this.said}`);
  }

  /** As `kill -9`. */
  async kill(): Promise<void> {
    this.process.kill('SIGKILL');
    await this.ended;
  }

  /** As a supervisor stops it. */
  async terminate(): Promise<Exit> {
    const began = performance.now();
    this.process.kill('SIGTERM');
    const { code, signal } = await this.ended;
    return { code, signal, afterMs: performance.now() - began };
  }
}
