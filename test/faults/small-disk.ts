import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Small file systems in a name space of their own, which Linux lets an ordinary user make (user_namespaces(7)): `/mnt`, and one at
 * each folder below it that is asked for. They are there for what runs {@link through} it, and for this process under {@link outside}.
 */
export class SmallDisks {
  readonly inside = '/mnt';
  /** @param holder keeps the name space; it ends with this process, whose pipe it reads */
  private constructor(private readonly holder: ChildProcess) {}

  /** @param sizes folder below /mnt, or `.` for /mnt itself, to the megabytes that it can hold */
  static async make(sizes: Readonly<Record<string, number>>): Promise<SmallDisks> {
    const mounts = Object.entries(sizes).map(([folder, megabytes]) => `mkdir -p /mnt/${folder} && mount -t tmpfs -o mode=700,size=${megabytes}m small /mnt/${folder}`);
    const holder = spawn('unshare', ['-Urm', 'sh', '-c', `${mounts.join(' && ')} && echo ready && exec cat`], { stdio: ['pipe', 'pipe', 'ignore'] });
    await once(holder.stdout, 'data');
    return new SmallDisks(holder);
  }

  get outside(): string { return `/proc/${this.holder.pid}/root/mnt`; }

  /** What to put before a command so that it runs there. */
  get through(): readonly string[] { return ['nsenter', '-t', String(this.holder.pid), '-U', '-m', '--preserve-credentials']; }

  /** Takes all the space that is left. */
  fill(folder: string): void {
    for (const size of [1 << 20, 1 << 12]) {
      try {
        for (;;) writeFileSync(this.ballast(folder), Buffer.alloc(size), { flag: 'a' });
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
      }
    }
  }

  /** Gives it back. */
  free(folder: string): void { rmSync(this.ballast(folder), { force: true }); }

  /** @param how `ro` or `rw`: refused by the kernel while a file on it is open for writing */
  remount(folder: string, how: 'ro' | 'rw'): void {
    const [command, ...rest] = [...this.through, 'mount', '-o', `remount,${how}`, join(this.inside, folder)];
    const { status, stderr } = spawnSync(command, rest, { encoding: 'utf8' });
    if (status !== 0) throw new Error(`remount,${how} ${folder}: ${stderr}`);
  }

  async dispose(): Promise<void> {
    const ended = once(this.holder, 'exit');
    if (this.holder.kill('SIGKILL')) await ended;
  }

  private ballast(folder: string): string { return join(this.outside, folder, 'ballast'); }
}

/** Whether this system lets an ordinary user make a file system. */
function isPossible(): boolean {
  return process.platform === 'linux' && spawnSync('unshare', ['-Urm', 'sh', '-c', 'mount -t tmpfs -o size=1m small /mnt'], { stdio: 'ignore' }).status === 0;
}

/** Specifications that need a file system of their own: reported by name as not run where the system has none to give. In CI that is a failure. */
export function describeWithSmallDisks(name: string, specifications: () => void): void {
  if (process.env.CI || isPossible()) return describe(name, specifications);
  describe.skip(`${name} (not run: this system lets nobody make a small file system)`, () => {
    it('needs unshare -Urm and tmpfs', () => undefined);
  });
}
