import type { ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { ask, CORE, memoryMiB, nextMessage, startNode, stop } from './pinned';

const MONITOR = join(__dirname, 'loop-monitor.cjs');
/** The repository. */
export const ROOT = resolve(__dirname, '..', '..', '..');

export interface LoopReport {
  /** Milliseconds by which timers were late. */
  readonly delayMs: { readonly p99: number; readonly max: number };
  /** Milliseconds of processor between two looks at the timers, at most; `null` where the system does not tell. */
  readonly workMs: number | null;
  /** Milliseconds of the longest collection of garbage. */
  readonly garbageMs: number;
}

export interface ServiceOptions {
  readonly data: string;
  /** On top of the usual environment of a bench. */
  readonly env?: Readonly<Record<string, string>>;
  /** Default: the core under test. */
  readonly core?: number | null;
  readonly nodeOptions?: readonly string[];
}

/** The built service in a process of its own, embedded mode, with its defaults. */
export class Service {
  private constructor(readonly process: ChildProcess, readonly port: number, /** Milliseconds from the start of the process until it was ready. */ readonly readyAfterMs: number) {}

  static async start({ data, env = {}, core = CORE.server, nodeOptions = [] }: ServiceOptions): Promise<Service> {
    const port = await freePort();
    const main = join(process.env.ROLEBOOK_BENCH_DIST ?? join(ROOT, 'dist'), 'apps/api/src/main.js');
    if (!existsSync(main)) throw new Error(`${main} is missing: run \`npm run build\` first`);
    const began = performance.now();
    const child = startNode(['--require', MONITOR, ...nodeOptions, main], core, {
      ...process.env, NODE_ENV: 'production', PORT: String(port), ROLEBOOK_DATA: data, ROLEBOOK_SETUP_TOKEN: SETUP_TOKEN, NODE_PATH: join(ROOT, 'node_modules'), ...env,
    });
    while (!(await isReady(port))) {
      if (child.exitCode !== null) throw new Error('the service did not start');
      await new Promise((done) => setTimeout(done, 5));
    }
    return new Service(child, port, performance.now() - began);
  }

  get pid(): number { return this.process.pid as number; }
  get memory(): ReturnType<typeof memoryMiB> { return memoryMiB(this.pid); }

  /** Watches the event loop from now on. */
  beginLoop(): void {
    this.process.send('begin');
  }

  async loop(): Promise<LoopReport> {
    const answer = nextMessage<LoopReport>(this.process);
    this.process.send('loop');
    return answer;
  }

  /** Profiles the main thread while the work is under way. @param file a `.cpuprofile` to write */
  async profiled<T>(file: string, work: () => Promise<T>): Promise<T> {
    await ask(this.process, { profile: null });
    const result = await work();
    await ask(this.process, { profile: file });
    return result;
  }

  stop(): Promise<void> {
    return stop(this.process);
  }
}

export const SETUP_TOKEN = 'setup-token-of-the-bench';

async function isReady(port: number): Promise<boolean> {
  try {
    return (await fetch(`http://127.0.0.1:${port}/health/ready`)).ok;
  } catch {
    return false;
  }
}

export function freePort(): Promise<number> {
  return new Promise((done, failed) => {
    const server = createServer();
    server.once('error', failed);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => done(port));
    });
  });
}
