/**
 * The first file of a worker thread that runs from TypeScript sources (see spawn-worker.ts):
 * makes require() compile .ts with the project's .swcrc, decorators and @rolebook/* included,
 * then hands over to the worker named by the first argument.
 */
const { createHash } = require('node:crypto');
const { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } = require('node:fs');
const Module = require('node:module');
const { dirname, join } = require('node:path');
const { threadId } = require('node:worker_threads');

const root = join(__dirname, '..', '..');
const settings = join(root, '.swcrc');
const lock = join(root, 'package-lock.json');
/** What came of a file is kept: a worker that compiles its sources, and loads a compiler for it, takes twice as long to start, and a run of the tests starts thousands. */
const cache = join(root, '.cache', 'typescript');
const kept = createHash('sha1').update(readFileSync(__filename)).update(readFileSync(settings)).update(existsSync(lock) ? readFileSync(lock) : '').digest('hex');

require.extensions['.ts'] = (module, filename) => {
  const file = join(cache, `${createHash('sha1').update(kept).update(filename).update('\0').update(readFileSync(filename)).digest('hex')}.js`);
  module._compile(existsSync(file) ? readFileSync(file, 'utf8') : compiled(filename, file), filename);
};

function compiled(filename, file) {
  const { code } = require('@swc/core').transformFileSync(filename, {
    cwd: root,
    root,
    configFile: settings,
    sourceMaps: 'inline',
    jsc: { baseUrl: root, paths: { '@rolebook/*': ['./libs/*'] } },
  });
  mkdirSync(cache, { recursive: true });
  const unfinished = `${file}.${process.pid}.${threadId}`;
  writeFileSync(unfinished, code);
  renameSync(unfinished, file); // others read it at the same time
  return code;
}

// An import at run time names the file that the build makes of the source; here there is the source alone.
const resolveFilename = Module._resolveFilename;
Module._resolveFilename = function (request, parent, ...rest) {
  const source = /^\.\.?\/.*\.js$/.test(request) && parent?.filename?.endsWith('.ts') ? join(dirname(parent.filename), request.replace(/\.js$/, '.ts')) : null;
  return resolveFilename.call(this, source !== null && existsSync(source) ? source : request, parent, ...rest);
};

process.setSourceMapsEnabled(true);
const [worker] = process.argv.splice(2, 1);
require(worker);
