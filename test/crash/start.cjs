/** Runs the crash test from its TypeScript, on what was built: `node test/crash/start.cjs [ARGUMENTS]`. */
const { join } = require('node:path');

process.argv.splice(2, 0, join(__dirname, 'main.ts'));
require('reflect-metadata');
require('../../libs/worker/typescript-bootstrap.cjs');
