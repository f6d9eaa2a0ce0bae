/**
 * The audit of the dependencies: `npm run audit:dependencies`. Licences, hashes, pins, origins and install scripts are read from what is
 * here, without a network. Known holes are asked of the registry; where it does not answer, that is said loudly and is no failure.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readKnownHoles } from './known-holes';
import { objections, type InstalledPackage, type Lock, type Manifest } from './lockfile';

const root = join(__dirname, '../..');
const PATIENCE_MS = 60_000;
const read = (file: string): unknown => JSON.parse(readFileSync(join(root, file), 'utf8'));

const manifest = read('package.json') as Manifest;
const lock = read('package-lock.json') as Lock;
const installed = (path: string) => (existsSync(join(root, path, 'package.json')) ? (read(join(path, 'package.json')) as InstalledPackage) : null);

const found = objections(manifest, lock, installed);
const paths = Object.keys(lock.packages).filter((path) => path !== '');
console.log(`dependencies: ${paths.length} packages in the lock, ${paths.filter((path) => installed(path)).length} of them installed here`);
for (const objection of found) console.log(`dependencies: REFUSED: ${objection}`);
if (found.length === 0) console.log('dependencies: licences, hashes, pins, origins and install scripts are in order');

const { stdout } = spawnSync('npm', ['audit', '--omit=dev', '--json'], { cwd: root, encoding: 'utf8', timeout: PATIENCE_MS, stdio: ['ignore', 'pipe', 'ignore'] });
const holes = readKnownHoles(stdout ?? '');
if (!holes.checked) console.log(`known holes: COULD NOT BE CHECKED (registry not reachable): ${holes.why}`);
else if (holes.grave.length + holes.slight.length === 0) console.log('known holes: none in what is delivered');
else for (const hole of [...holes.grave, ...holes.slight]) console.log(`known holes: ${hole}`);

process.exitCode = found.length > 0 || (holes.checked && holes.grave.length > 0) ? 1 : 0;
