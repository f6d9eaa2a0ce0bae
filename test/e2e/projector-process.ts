import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const ROOT = join(__dirname, '..', '..');

/** A projector as operators run it: a process of its own, which can be killed. */
export class ProjectorProcess {
  private readonly exited: Promise<unknown>;
  private readonly said: string[] = [];
  private readonly listeners = new Set<() => void>();

  private constructor(private readonly child: ChildProcess) {
    this.exited = once(child, 'exit');
    createInterface({ input: child.stdout! }).on('line', (line) => {
      this.said.push(line);
      this.listeners.forEach((listener) => listener());
    });
  }

  /** @param environment of the node it works beside. Returns before it is up. */
  static start(environment: Readonly<Record<string, string>>): ProjectorProcess {
    const main = join(ROOT, 'apps', 'projector', 'src', 'main.ts');
    return new ProjectorProcess(spawn(process.execPath, [join(ROOT, 'libs', 'worker', 'typescript-bootstrap.cjs'), main], {
      env: { PATH: process.env.PATH, ...environment, PORT: '0' }, stdio: ['ignore', 'pipe', 'inherit'],
    }));
  }

  /** Resolves once it holds the lease and follows the log; rejects where it has ended. */
  async working(): Promise<this> {
    const works = new Promise<void>((resolve) => {
      const look = () => {
        if (!this.said.some((line) => line.includes('this projector works from now on'))) return;
        this.listeners.delete(look);
        resolve();
      };
      this.listeners.add(look);
      look();
    });
    const ended = this.exited.then(() => { throw new Error(`the projector ended:\n${this.said.join('\n')}`); });
    ended.catch(() => undefined);
    await Promise.race([works, ended]);
    return this;
  }

  /** Ends it as a power cut would. */
  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.exited;
  }

  /** Ends it in order, so that another takes over at once. */
  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    this.child.kill('SIGTERM');
    await this.exited;
  }
}
