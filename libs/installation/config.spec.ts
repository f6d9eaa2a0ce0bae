import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError, readConfig } from './config';

const VARIABLES = [...new Set([...readFileSync(join(__dirname, 'config.ts'), 'utf8').matchAll(/(?:env\.|env, ')([A-Z_]+)/g)].map(([, name]) => name!))];
const SECRET = 'hunter2-hunter2';
const value = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 30 }), fc.constantFrom('', ' ', 'on', 'off', 'true', '0', '-1', '65536', '99999999999', '1e3', '\0', 'http://x', 'http://', 'esdb://127.0.0.1?tls=false', `esdb://u:${SECRET}@h?tls=false`, 'mongodb://127.0.0.1', `mongodb://u:${SECRET}@h/`,
    'mongodb+srv://h', `smtp://u:${SECRET}@h`, 'javascript:alert(1)', '__proto__', 'a,b', ',,'),
);
const environment = fc.dictionary(fc.constantFrom(...VARIABLES), value, { noNullPrototype: true });

describe('the configuration', () => {
  it('is read, or refused with one sentence that names a variable and holds no password, whatever the environment holds', () => {
    let [read, refused] = [0, 0];
    fc.assert(fc.property(environment, (env) => {
      try {
        const config = readConfig(env);
        expect(config.port).toBeGreaterThanOrEqual(0);
        expect((config.eventStoreUrl === null) === (config.mongoUrl === null)).toBe(true);
        read++;
      } catch (error) {
        if (!(error instanceof ConfigError)) throw error;
        expect(VARIABLES.some((name) => (error as Error).message.includes(name))).toBe(true);
        if (/^(\w+_URL|ROLEBOOK_MASTER_KEY|ROLEBOOK_SETUP_TOKEN|ROLEBOOK_CHECKPOINT_WEBHOOK) /.test(error.message)) expect(error.message).not.toContain(SECRET);
        refused++;
      }
    }), { numRuns: 1_000 });
    expect([read, refused].map((times) => times > 50)).toEqual([true, true]);
  });

  /** An empty HOST once meant every interface of the machine. */
  it('takes a variable that is empty for one that is not set', () => {
    for (const name of VARIABLES) expect({ name, config: readConfig({ [name]: '' }) }).toEqual({ name, config: readConfig({}) });
  });

  it.each([
    ['PORT', '65536'], ['PORT', '-1'], ['PORT', '3000 '], ['ROLEBOOK_METRICS_PORT', 'x'], ['ROLEBOOK_REQUEST_LOG', 'true'], ['ROLEBOOK_CHECKPOINT_SECONDS', '0'], ['ROLEBOOK_SETUP_TOKEN', 'fifteen-letters'],
    ['ROLEBOOK_WEB_URL', 'javascript:alert(1)'], ['SMTP_URL', 'http://mail.example'], ['MONGODB_DATABASE', '../x'], ['ROLEBOOK_DEAR_PER_MINUTE', '-1'], ['ROLEBOOK_DEAR_PER_MINUTE', '1.5'], ['ROLEBOOK_CHECKPOINT_WEBHOOK', 'file:///etc/passwd'],
  ])('refuses %s=%s by name', (name, given) => {
    expect(() => readConfig({ [name]: given })).toThrow(new RegExp(`^${name} must `));
  });
});
