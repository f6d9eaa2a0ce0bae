/**
 * The longest suites first, so that none of them is what all wait for at the end. Jest knows how long they take from the last run on the same clone;
 * in a clean one it begins with the largest files, which these are not.
 */
const TestSequencer = require('@jest/test-sequencer').default;

const LONGEST = [
  'test/e2e/authority-oracle.e2e.spec.ts', 'test/fuzz/fuzz.spec.ts', 'libs/event-store/eventstoredb/eventstoredb.spec.ts', 'test/simulation/simulation.spec.ts',
  'test/crash/rebuild.spec.ts', 'test/crash/rebuild-goes-on.spec.ts', 'test/faults/hung-clients.spec.ts', 'test/e2e/sign-in-throttling.e2e.spec.ts', 'test/e2e/idempotency.e2e.spec.ts',
  'apps/auditor/src/commands/backup.spec.ts', 'test/faults/damaged-log.spec.ts', 'test/faults/start-refusals.spec.ts', 'libs/document-store/sqlite/sqlite-document-store.spec.ts',
];

module.exports = class LongestFirst extends TestSequencer {
  sort(tests) {
    const rank = ({ path }) => (LONGEST.findIndex((suite) => path.endsWith(suite)) + 1) || LONGEST.length + 1;
    return super.sort(tests).sort((a, b) => rank(a) - rank(b));
  }
};
