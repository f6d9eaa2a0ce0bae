import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

export const ROOT = join(__dirname, '..', '..');
const MAIN = join(ROOT, 'dist', 'apps', 'api', 'src', 'main.js');
const LOCK = join(ROOT, '.cache', 'faults-build.lock');

/** The built service's main file; built here where the build is missing or older than the sources. One worker of Jest builds, the others wait. */
export function builtService(): string {
  while (existsSync(LOCK) || !isFresh()) {
    mkdirSync(join(ROOT, '.cache'), { recursive: true });
    try {
      mkdirSync(LOCK);
    } catch {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
      continue;
    }
    try {
      const { status, stderr } = spawnSync('npm', ['run', '--silent', 'build'], { cwd: ROOT, encoding: 'utf8' });
      if (status !== 0) throw new Error(`the build failed:\n${stderr}`);
      if (!isFresh()) throw new Error('the build left no newer file');
    } finally {
      rmdirSync(LOCK);
    }
  }
  return MAIN;
}

function isFresh(): boolean {
  return existsSync(MAIN) && statSync(MAIN).mtimeMs >= newest([join(ROOT, 'apps'), join(ROOT, 'libs')]);
}

function newest(folders: readonly string[]): number {
  let latest = 0;
  for (const folder of folders) {
    for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
      if (entry.isFile() && /(?<!\.spec)\.ts$/.test(entry.name)) latest = Math.max(latest, statSync(join(entry.parentPath, entry.name)).mtimeMs);
    }
  }
  return latest;
}
