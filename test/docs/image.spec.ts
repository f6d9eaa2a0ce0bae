import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { join } from 'node:path';

const root = join(__dirname, '../..');
const text = (file: string) => readFileSync(join(root, file), 'utf8');
const dockerfile = text('Dockerfile');
const lines = dockerfile.split('\n');
/** What is copied from the repository, not from an earlier stage. */
const copied = lines.flatMap((line) => (line.startsWith('COPY ') && !line.includes('--from=') ? line.split(' ').slice(1, -1) : []));

function sources(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .map((file) => join(folder, file)).filter((file) => /\.(ts|cjs)$/.test(file) && statSync(join(root, file)).isFile());
}
/** As .dockerignore leaves them: no specs, no contracts. */
const shipped = [...sources('apps'), ...sources('libs')].filter((file) => !/\.(spec|contract)\.ts$/.test(file) && !file.endsWith('spec-helpers.ts'));

describe('the image', () => {
  it('is made of files that exist and that reach the engine', () => {
    const allowed = text('.dockerignore').split('\n').filter((line) => line.startsWith('!')).map((line) => line.slice(1));
    expect([...copied].sort()).toEqual([...allowed].sort());
    for (const file of copied) expect({ file, exists: existsSync(join(root, file)) }).toEqual({ file, exists: true });
  });

  it('is sent nothing else: no data, no keys, no .env, no history of the repository', () => {
    const patterns = text('.dockerignore').split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    expect(patterns[0]).toBe('*');
    expect(patterns.filter((pattern) => /data|env|git|docs|test/.test(pattern))).toEqual([]);
  });

  it('runs as nobody special, and what it starts is built', () => {
    const stage = dockerfile.slice(dockerfile.lastIndexOf('\nFROM '));
    expect(/^USER (\w+)$/m.exec(stage)?.[1]).toBe('node');
    expect(stage.indexOf('USER node')).toBeGreaterThan(stage.lastIndexOf('COPY '));
    const main = /^CMD \[.*"dist\/(.*)\.js"\]$/m.exec(stage)?.[1];
    expect(existsSync(join(root, `${main}.ts`))).toBe(true);
  });

  it('has the version of Node that the repository is tried with', () => {
    const versions = [...dockerfile.matchAll(/^FROM node:(\d+)/gm)].map(([, version]) => version);
    expect(new Set(versions)).toEqual(new Set([text('.nvmrc').trim().replace(/^v/, '').split('.')[0]]));
  });

  it('needs no development dependency: whatever apps and libs import is a dependency', () => {
    const { dependencies } = JSON.parse(text('package.json')) as { dependencies: Record<string, string> };
    const missing = new Map<string, string>();
    for (const file of shipped) {
      // Types alone are gone once it is built.
      const code = text(file).replace(/^import type [^;]*;$/gm, '').replace(/^import \{(?:\s*type [^,}]*,?)+\} from [^;]*;$/gm, '').replace(/^\s*(\/\/|\*).*$/gm, '');
      for (const [, specifier = ''] of code.matchAll(/(?:\bfrom |\brequire\(|\bimport\(|^import )'([^'.][^']*)'/gm)) {
        const name = specifier.split('/').slice(0, specifier.startsWith('@') ? 2 : 1).join('/');
        if (!specifier.startsWith('node:') && !builtinModules.includes(name) && !name.startsWith('@rolebook/') && !(name in dependencies)) missing.set(name, file);
      }
    }
    // The bootstrap is for running sources: where there is a .js, nothing loads it.
    expect([...missing]).toEqual([['@swc/core', 'libs/worker/typescript-bootstrap.cjs']]);
  });
});
