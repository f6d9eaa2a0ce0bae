/**
 * Prints the one line a machine reads: `N passed, N failed`, summed over Jest's JSON reports.
 *
 *     node test/jest/closing-line.cjs <stages failed outside Jest> <report.json>...
 *
 * A suite that could not even be loaded has no tests to count, and a missing report means
 * that Jest died: each is one failure, so that zero failed always means that all is well.
 */
const { existsSync, readFileSync } = require('node:fs');

const [otherFailures, ...reports] = process.argv.slice(2);
let passed = 0;
let failed = Number(otherFailures);
for (const report of reports) {
  if (!existsSync(report)) {
    failed += 1;
    continue;
  }
  const result = JSON.parse(readFileSync(report, 'utf8'));
  passed += result.numPassedTests;
  const counted = result.numFailedTests + result.numRuntimeErrorTestSuites;
  failed += result.success ? 0 : Math.max(counted, 1);
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
