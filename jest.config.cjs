/** One configuration for every suite: `npx jest libs/users` runs a part of it. */
/** @type {import('jest').Config} */
module.exports = {
  rootDir: __dirname,
  roots: ['<rootDir>/apps', '<rootDir>/libs', '<rootDir>/test'],
  testMatch: ['**/*.spec.ts'],
  testEnvironment: 'node',
  moduleFileExtensions: ['ts', 'js', 'mjs', 'cjs', 'json', 'node'],
  // The second form is that of a dynamic import(), where TypeScript wants the extension.
  moduleNameMapper: {
    '^@rolebook/(.+?)(\\.js)?$': '<rootDir>/libs/$1',
    // An import at run time names the file that the build makes of the source; here there is the source alone.
    '^(\\./server-stores)\\.js$': '$1',
  },
  transform: {
    '^.+\\.ts$': '@swc/jest',
    // Nest 12 and otplib are ES modules only, which Jest cannot require(): see the file's head.
    '/node_modules/.+\\.m?js$': '<rootDir>/test/jest/esm-transformer.cjs',
  },
  // Nothing in node_modules is exempt from the transformer above except what it must never read.
  transformIgnorePatterns: ['\\.node$', '/node_modules/(@swc|typescript|jest[^/]*|@jest)/'],
  setupFiles: ['reflect-metadata'],
  cacheDirectory: '<rootDir>/.cache/jest',
  maxWorkers: 2,
  testSequencer: '<rootDir>/test/jest/longest-first.cjs',
  testTimeout: 60_000,
};
