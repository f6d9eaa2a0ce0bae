/**
 * `npm run fuzz:schemathesis -- [--examples N] [--seed N] [--phases P]`: schemathesis (the version in requirements.txt) against the built service, on a data folder of its own.
 * Needs Python 3.10 or later with venv, and a package index the first time; where there is none it says so, loudly, and ends with 0 as nothing was found - with 1 under `--required`.
 * The environment it installs into is kept in `.cache/schemathesis`.
 */
const { spawn, spawnSync } = require('node:child_process');
const { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');
const { parseArgs } = require('node:util');

const ROOT = join(__dirname, '..', '..', '..');
const VENV = join(ROOT, '.cache', 'schemathesis');
const REQUIREMENTS = join(__dirname, 'requirements.txt');
const SETUP_TOKEN = 'setup-for-schemathesis';
const OWNER = { email: 'owner@fuzz.example', displayName: 'Olive Owner', password: 'rent a crane for the weekend 7' };

const { values } = parseArgs({ options: { examples: { type: 'string', default: '50' }, seed: { type: 'string' }, phases: { type: 'string', default: 'examples,coverage,fuzzing,stateful' }, required: { type: 'boolean', default: false } } });

main().then((code) => { process.exitCode = code; }, (error) => { console.error(error); process.exitCode = 1; });

async function main() {
  const missing = install();
  if (missing !== null) {
    console.log(`\n!! SCHEMATHESIS WAS NOT RUN: ${missing}\n!! The routes were fuzzed by npm run fuzz alone.\n`);
    return values.required ? 1 : 0;
  }
  const work = mkdtempSync(join(tmpdir(), 'rolebook-schemathesis-'));
  const service = spawn(process.execPath, [join(ROOT, 'dist', 'apps', 'api', 'src', 'main.js')], { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, PORT: '0', ROLEBOOK_DATA: join(work, 'data'), ROLEBOOK_DEAR_PER_MINUTE: '0', ROLEBOOK_SETUP_TOKEN: SETUP_TOKEN, ROLEBOOK_REQUEST_LOG: 'off' } });
  try {
    const url = await listening(service);
    const slug = await business(url);
    return await run(url, slug, work);
  } finally {
    const ended = new Promise((resolve) => service.once('exit', resolve));
    if (service.kill('SIGTERM')) await ended;
    rmSync(work, { recursive: true, force: true });
  }
}

/** @returns why it cannot be, or `null` where schemathesis is there */
function install() {
  const stamp = join(VENV, 'installed');
  const wanted = readFileSync(REQUIREMENTS, 'utf8');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return null;
  rmSync(VENV, { recursive: true, force: true });
  mkdirSync(join(VENV, '..'), { recursive: true });
  if (spawnSync('python3', ['-c', 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))'], { stdio: 'ignore' }).status !== 0) return 'there is no Python 3.10 or later with venv';
  if (spawnSync('python3', ['-m', 'venv', VENV], { stdio: 'inherit' }).status !== 0) return 'no virtual environment could be made';
  const pip = spawnSync(join(VENV, 'bin', 'pip'), ['install', '--quiet', '--disable-pip-version-check', '--no-deps', '--retries', '1', '--timeout', '20', '-r', REQUIREMENTS], { encoding: 'utf8', timeout: 180_000 });
  if (pip.status !== 0) return `its packages could not be installed: ${(pip.stderr ?? '').trim().split('\n').at(-1)}`;
  writeFileSync(stamp, wanted);
  return null;
}

function listening(service) {
  return new Promise((resolve, reject) => {
    let said = '';
    service.once('exit', (code) => reject(new Error(`the service did not start (${code}):\n${said}`)));
    service.stdout.on('data', (bytes) => {
      said += bytes;
      const url = /listening on (\S+)/.exec(said)?.[1];
      if (url) resolve(url);
    });
  });
}

/** A business with a signed-in owner. @returns its slug */
async function business(url) {
  const slug = 'fuzzed';
  const answer = await fetch(`${url}/v1/businesses`, { method: 'POST', headers: { 'content-type': 'application/json', 'setup-token': SETUP_TOKEN }, body: JSON.stringify({ name: 'Fuzzed', slug, owner: OWNER }) });
  if (answer.status !== 201) throw new Error(`no business could be made: ${await answer.text()}`);
  return slug;
}

/** @returns its exit code: 0 where it found nothing */
function run(url, slug, work) {
  const args = ['--config-file', join(__dirname, 'schemathesis.toml'), 'run', `${url}/openapi.json`, '-H', `Setup-Token: ${SETUP_TOKEN}`, '--phases', values.phases, '--max-examples', values.examples, '--continue-on-failure', '--request-timeout', '20', '--no-color', '--suppress-health-check', 'all', ...(values.seed ? ['--seed', values.seed] : [])];
  const env = { ...process.env, SCHEMATHESIS_HOOKS: 'hooks', PYTHONPATH: __dirname, PYTHONDONTWRITEBYTECODE: '1', FUZZ_URL: url, FUZZ_SLUG: slug, FUZZ_EMAIL: OWNER.email, FUZZ_PASSWORD: OWNER.password };
  return new Promise((resolve) => { spawn(join(VENV, 'bin', 'st'), args, { stdio: 'inherit', env, cwd: work }).once('exit', (code) => resolve(code ?? 1)); });
}
