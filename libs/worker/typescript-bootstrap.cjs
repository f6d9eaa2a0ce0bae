/**
 * The first file of a worker thread that runs from TypeScript sources (see spawn-worker.ts):
 * makes require() compile .ts with the project's .swcrc, decorators and @rolebook/* included,
 * then hands over to the worker named by the first argument.
 */
const { existsSync } = require('node:fs');
const Module = require('node:module');
const { dirname, join } = require('node:path');
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

// An import at run time names the file that the build makes of the source; here there is the source alone.
const resolveFilename = Module._resolveFilename;
Module._resolveFilename = function (request, parent, ...rest) {
  const source = /^\.\.?\/.*\.js$/.test(request) && parent?.filename?.endsWith('.ts') ? join(dirname(parent.filename), request.replace(/\.js$/, '.ts')) : null;
  return resolveFilename.call(this, source !== null && existsSync(source) ? source : request, parent, ...rest);
};

process.setSourceMapsEnabled(true);
const [worker] = process.argv.splice(2, 1);
require(worker);
