/**
 * Loads what the suites test once for all suites of a process, by Node itself: the code of apps/ and libs/, the helpers in test/ and the packages. Jest's own module system
 * compiles a thousand files anew for every suite, and V8 learns anew which of them are hot. Suites and contracts, which speak to `jest`, are loaded for each suite, as ever.
 * So a suite finds in the variables of a module what an earlier one left there, as requests of one process do; one that leaves what others must not find, such as an SDK for
 * traces, begins with a comment that says `@own-modules` and gets all of them anew. jest.mock() does not reach what is loaded once: nothing here uses it.
 */
const { existsSync } = require('node:fs');
const Module = require('node:module');
const { dirname, join, sep } = require('node:path');
const { compileFunction } = require('node:vm');
const Runtime = require('jest-runtime').default;

const root = join(__dirname, '..', '..');
const packages = `${sep}node_modules${sep}`;
const OF_THE_SUITE = /\.(spec|contract)\.ts$/;

/** The runtime of the suite that is running; its transformer serves all. */
let current;
/** Of what is loaded once, too: stack traces of later suites go through it. */
const sourceMaps = new Map();

module.exports = class OnceForAll extends Runtime {
  constructor(...args) {
    super(...args);
    const { watch, watchAll } = args.at(-1);
    // With --watch files change under the same process.
    this.once = !watch && !watchAll && !this._environment.ownModules;
    current = this;
    this.transformCache.sourceMaps = sourceMaps;
    const { executor } = this;
    executor.compile = (source, filename) => compileFunction(source, executor.injectedModuleParameters, { filename });
  }

  requireModule(from, moduleName, options, isRequireActual) {
    const inner = options?.isInternalModule || (moduleName && this._resolution.isCoreModule(moduleName));
    const path = inner ? null : this._resolution.resolveCjs(from, moduleName);
    return path !== null && this.once && isShared(path) ? this.loadOnce(path) : super.requireModule(from, moduleName, options, isRequireActual);
  }

  /** What it makes of the globals as it loads (class-validator keeps its rules there) stays as long as it does. */
  loadOnce(path) {
    const loaded = require.cache[path];
    return loaded ? loaded.exports : this._environment.keeping(() => require(path));
  }
};

function isShared(path) {
  return path.includes(packages) || (path.endsWith('.ts') && !OF_THE_SUITE.test(path));
}

require.extensions['.ts'] = (module, filename) => {
  module._compile(current.transformCache.transform(filename), filename);
};

const resolveFilename = Module._resolveFilename;
Module._resolveFilename = function (request, parent, ...rest) {
  if (request.startsWith('@rolebook/')) return resolveFilename.call(this, join(root, 'libs', request.slice('@rolebook/'.length).replace(/\.js$/, '')), parent, ...rest);
  // An import at run time names the file that the build makes of the source; here there is the source alone.
  const source = /^\.\.?\/.*\.js$/.test(request) && parent?.filename?.endsWith('.ts') ? join(dirname(parent.filename), request.replace(/\.js$/, '.ts')) : null;
  return resolveFilename.call(this, source !== null && existsSync(source) ? source : request, parent, ...rest);
};
