/**
 * `npm run fuzz -- [--seed N] [--cases N]`: the fuzzer of the test suite with as many cases as wanted, 20,000 unless told, by a new seed unless told;
 * the same seed and count draw the same requests again. Prints the seed with its results.
 */
const { spawnSync } = require('node:child_process');
const { parseArgs } = require('node:util');

const { values } = parseArgs({ options: { seed: { type: 'string' }, cases: { type: 'string', default: '20000' } } });
const env = { ...process.env, ROLEBOOK_FUZZ_CASES: values.cases, ROLEBOOK_FUZZ_SEED: values.seed ?? String(Date.now() % 2 ** 31) };
process.exitCode = spawnSync(process.execPath, [require.resolve('jest/bin/jest'), '--forceExit', 'test/fuzz/'], { stdio: 'inherit', env }).status ?? 1;
