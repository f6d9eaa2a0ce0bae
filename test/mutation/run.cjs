/**
 * Mutation testing with Stryker: `npm run mutation` for everything, `npm run mutation -- users two-factor` for a part. What is mutated and
 * by which specs it is judged: targets.cjs. Fails below the threshold of stryker.config.cjs, target by target; docs/mutation.md has the last
 * scores and why each survivor survives.
 *
 * `npm run mutation -- users --incremental` tries only what has changed since the last such run: quick while writing specs, and may call a
 * mutant that a new spec kills a survivor. A score is that of a whole run.
 */
const { spawnSync } = require('node:child_process');
const { existsSync, mkdirSync, readFileSync, rmSync } = require('node:fs');
const { join } = require('node:path');
const targets = require('./targets.cjs');

const root = join(__dirname, '../..');
const folderOf = (name) => join(root, '.cache/mutation', name);
const reportOf = (name) => join(folderOf(name), 'report.json');

/** @returns {boolean} whether the target's specs kill enough of its mutants */
function run(name, options) {
  console.log(`== mutation: ${name}`);
  mkdirSync(folderOf(name), { recursive: true });
  rmSync(reportOf(name), { force: true });
  const stryker = join(root, 'node_modules/@stryker-mutator/core/bin/stryker.js');
  const { status } = spawnSync(process.execPath, [stryker, 'run', join(__dirname, 'stryker.config.cjs'), ...options], {
    cwd: root, stdio: 'inherit', env: { ...process.env, ROLEBOOK_MUTATION_TARGET: name },
  });
  return status === 0;
}

/** Killed, of all that could be: the counts that docs/mutation.md lists. */
function scoreOf(name) {
  if (!existsSync(reportOf(name))) return 'not run';
  const { files } = JSON.parse(readFileSync(reportOf(name), 'utf8'));
  const statuses = Object.values(files).flatMap(({ mutants }) => mutants.map(({ status }) => status));
  const count = (...of) => statuses.filter((status) => of.includes(status)).length;
  const killed = count('Killed', 'Timeout');
  const left = count('Survived', 'NoCoverage');
  if (killed + left === 0) return 'no mutants';
  return `${killed} of ${killed + left} mutants killed, ${((100 * killed) / (killed + left)).toFixed(1)} %`;
}

function main() {
  const given = process.argv.slice(2);
  const names = given.filter((argument) => !argument.startsWith('-'));
  const unknown = names.filter((name) => !(name in targets));
  if (unknown.length > 0) throw new Error(`there is no ${unknown.join(', ')}; there are ${Object.keys(targets).join(', ')}`);

  const lines = (names.length > 0 ? names : Object.keys(targets)).map((name) => {
    const held = run(name, given.filter((argument) => argument.startsWith('-')));
    if (!held) process.exitCode = 1;
    return `${name.padEnd(12)} ${scoreOf(name)}${held ? '' : ': NOT ENOUGH'}`;
  });
  console.log(`\n${lines.join('\n')}`);
}

main();
