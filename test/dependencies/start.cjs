/** Runs main.ts as it is. */
process.argv.splice(2, 0, require('node:path').join(__dirname, 'main.ts'));
require('../../libs/worker/typescript-bootstrap.cjs');
