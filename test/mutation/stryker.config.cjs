/** Stryker's configuration for the target that ROLEBOOK_MUTATION_TARGET names; test/mutation/run.cjs sets it. */
const targets = require('./targets.cjs');

const name = process.env.ROLEBOOK_MUTATION_TARGET;
const target = targets[name ?? ''];
if (!target) throw new Error(`ROLEBOOK_MUTATION_TARGET must be one of ${Object.keys(targets).join(', ')}: run \`npm run mutation -- NAME\``);

const folder = `.cache/mutation/${name}`;

/** @type {import('@stryker-mutator/api/core').PartialStrykerOptions} */
module.exports = {
  mutate: [...target.mutate, '!**/*.spec.ts', '!**/spec-helpers.ts'],
  testRunner: 'jest',
  testRunnerNodeArgs: ['--max-old-space-size=1024'],
  jest: { configFile: 'test/mutation/jest.config.cjs', enableFindRelatedTests: false },
  plugins: ['@stryker-mutator/jest-runner'],
  coverageAnalysis: 'perTest',
  // What a module computes as it is loaded (tables, constants) can only be tried by loading it anew; Stryker does, once for each such mutant.
  ignoreStatic: false,
  // Nobody checks types here: a mutant is judged by what it does.
  disableTypeChecks: false,
  concurrency: 1,
  // With `-- --incremental` only what has changed is tried. Off by itself: it reuses outcomes of what is computed at load even where a new spec covers it.
  incrementalFile: `${folder}/incremental.json`,
  tempDirName: `${folder}/sandbox`,
  ignorePatterns: ['data', 'dist', 'docs', 'coverage', '.cache', 'apps', 'test/e2e', 'test/bench', 'test/simulation'],
  reporters: ['clear-text', 'json', 'progress-append-only'],
  clearTextReporter: { allowColor: false, reportTests: false, reportScoreTable: true, logTests: false },
  jsonReporter: { fileName: `${folder}/report.json` },
  thresholds: { high: 95, low: 85, break: 85 },
  // A busy machine must not pass for an endless loop.
  timeoutMS: 30_000,
  checkers: [],
};
