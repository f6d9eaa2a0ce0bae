/**
 * The first file of a worker thread that runs from TypeScript sources (see spawn-worker.ts):
 * makes require() compile .ts with the project's .swcrc, decorators and @rolebook/* included,
 * then hands over to the worker named by the first argument.
 */
const { join } = require('node:path');
const swc = require('@swc/core');

const root = join(__dirname, '..', '..');

require.extensions['.ts'] = (module, filename) => {
  const { code } = swc.transformFileSync(filename, {
    cwd: root,
    root,
    configFile: join(root, '.swcrc'),
    sourceMaps: 'inline',
    jsc: { baseUrl: root, paths: { '@rolebook/*': ['./libs/*'] } },
  });
  module._compile(code, filename);
};

process.setSourceMapsEnabled(true);
const [worker] = process.argv.splice(2, 1);
require(worker);
