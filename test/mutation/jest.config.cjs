/** Jest as everywhere, on the specs of one target: see targets.cjs. Stryker brings the runner, and copies all of it to a sandbox. */
const base = require('../../jest.config.cjs');
const targets = require('./targets.cjs');

const { specs } = targets[process.env.ROLEBOOK_MUTATION_TARGET];

/** @type {import('jest').Config} */
module.exports = {
  ...base,
  roots: ['<rootDir>/libs'],
  testMatch: [`<rootDir>/${specs}`],
  testPathIgnorePatterns: ['\\.large\\.spec\\.ts$'],
  moduleNameMapper: { ...base.moduleNameMapper, '^fast-check$': '<rootDir>/test/mutation/fast-check.cjs', '^fast-check-itself$': require.resolve('fast-check') },
};
