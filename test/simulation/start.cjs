/** Runs the simulation from its TypeScript: `node test/simulation/start.cjs [ARGUMENTS]`. */
const { join } = require('node:path');

process.argv.splice(2, 0, join(__dirname, 'main.ts'));
require('reflect-metadata');
require('../../libs/worker/typescript-bootstrap.cjs');
