/** Runs a TypeScript file of the benches as it is: `node test/bench/start.cjs [FILE] [ARGUMENTS]`; without a file, the bench itself. */
const { isAbsolute, join } = require('node:path');

const given = process.argv[2];
const isFile = given !== undefined && given.endsWith('.ts');
const file = isFile ? given : join(__dirname, 'main.ts');
process.argv.splice(2, isFile ? 1 : 0, isAbsolute(file) ? file : join(process.cwd(), file));
require('reflect-metadata');
require('../../libs/worker/typescript-bootstrap.cjs');
