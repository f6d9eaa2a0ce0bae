/**
 * Node's own globals for every suite, not a copy of them in a context of its own: what runtime.cjs loads once for all suites must see the same `Error`, `Map` and
 * `Reflect` as the suites do. What a suite leaves in the globals and in `process.env` is taken away after it.
 */
const { LegacyFakeTimers, ModernFakeTimers } = require('@jest/fake-timers');
const { ModuleMocker } = require('jest-mock');

module.exports = class OneRealm {
  constructor({ projectConfig }, { docblockPragmas }) {
    this.ownModules = 'own-modules' in docblockPragmas;
    this.global = globalThis;
    this.before = Object.getOwnPropertyDescriptors(globalThis);
    this.processBefore = Object.getOwnPropertyDescriptors(process);
    this.variables = { ...process.env };
    this.moduleMocker = new ModuleMocker(globalThis);
    this.fakeTimers = new LegacyFakeTimers({ config: projectConfig, global: globalThis, moduleMocker: this.moduleMocker, timerConfig: { idToRef: (id) => id, refToId: (timer) => timer } });
    this.fakeTimersModern = new ModernFakeTimers({ config: projectConfig, global: globalThis });
  }

  async setup() {}

  async teardown() {
    this.fakeTimers.dispose();
    this.fakeTimersModern.dispose();
    this.moduleMocker.restoreAllMocks();
    putBack(globalThis, this.before);
    putBack(process, this.processBefore);
    for (const name of Object.keys(process.env)) if (!(name in this.variables)) delete process.env[name];
    Object.assign(process.env, this.variables);
  }

  /** New globals of what `load` loads are no suite's own. */
  keeping(load) {
    const known = new Set(Reflect.ownKeys(globalThis));
    const loaded = load();
    for (const key of Reflect.ownKeys(globalThis)) if (!known.has(key)) this.before[key] = Object.getOwnPropertyDescriptor(globalThis, key);
    return loaded;
  }

  exportConditions() { return ['node', 'node-addons']; }

  /** Jest asks for one; runtime.cjs compiles without. */
  getVmContext() { return {}; }
};

function putBack(object, before) {
  for (const key of Reflect.ownKeys(object)) if (!Object.hasOwn(before, key)) Reflect.deleteProperty(object, key);
  for (const key of Reflect.ownKeys(before)) {
    const now = Object.getOwnPropertyDescriptor(object, key);
    const then = before[key];
    if (then.configurable && (!now || now.value !== then.value || now.get !== then.get || now.set !== then.set)) Object.defineProperty(object, key, then);
    else if (!then.configurable && then.writable && now?.value !== then.value) object[key] = then.value;
  }
}
