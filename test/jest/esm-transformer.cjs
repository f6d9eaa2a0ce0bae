/**
 * Nest 12 and a few others ship ES modules only. Node require()s them, Jest's module
 * system does not: so those files, and only those, are compiled to CommonJS here.
 * CommonJS packages are handed on untouched: compiling them too breaks some
 * (google-protobuf assigns to `this`), and costs time for nothing.
 */
const { createHash } = require('node:crypto');
const { existsSync, readFileSync } = require('node:fs');
const { dirname, join } = require('node:path');
const swc = require('@swc/core');

const options = {
  configFile: false,
  swcrc: false,
  sourceMaps: 'inline',
  module: { type: 'commonjs' },
  jsc: { target: 'es2022', parser: { syntax: 'ecmascript' } },
};
const version = createHash('sha1')
  .update(readFileSync(__filename))
  .update(swc.version)
  .digest('hex');

/** Folder -> is its nearest package.json `"type": "module"`? */
const moduleFolders = new Map();
function inModulePackage(folder) {
  const known = moduleFolders.get(folder);
  if (known !== undefined) return known;
  const manifest = join(folder, 'package.json');
  const answer = existsSync(manifest)
    ? JSON.parse(readFileSync(manifest, 'utf8')).type === 'module'
    : dirname(folder) !== folder && inModulePackage(dirname(folder));
  moduleFolders.set(folder, answer);
  return answer;
}

const isEsModule = (path) => path.endsWith('.mjs') || inModulePackage(dirname(path));

module.exports = {
  canInstrument: false,
  // Jest's own key would hash the whole configuration: what matters here is the text and its kind.
  getCacheKey: (source, path) =>
    createHash('sha1').update(version).update(isEsModule(path) ? path : 'cjs').update('\0').update(source).digest('hex'),
  process: (source, path) =>
    isEsModule(path) ? { code: swc.transformSync(source, { ...options, filename: path }).code } : { code: source },
};
