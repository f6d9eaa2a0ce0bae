import fc from 'fast-check';
import { ConfigError, readConfig } from './config';
import { hostsInPlain } from './plain-urls';

describe('hosts that a database is reached at in plain text', () => {
  it.each([
    ['esdb://db.example:2113', []],
    ['esdb://db.example:2113?tls=true', []],
    ['esdb://db.example:2113?tls=false', ['db.example:2113']],
    ['esdb://db.example:2113?TLS=False', ['db.example:2113']],
    ['esdb+discover://a.example,b.example:2113?tls=false', ['a.example', 'b.example:2113']],
    ['kurrentdb://admin:secret@db.example?tls=true&tlsVerifyCert=false', ['db.example']],
    ['mongodb://db.example', ['db.example']],
    ['mongodb://db.example/?tls=true', []],
    ['mongodb://db.example/admin?ssl=true', []],
    ['mongodb://db.example/?tls=true&tls=false', ['db.example']],
    ['mongodb://user:p%40ss@a.example,127.0.0.1:27018,c.example/?replicaSet=rs0', ['a.example', 'c.example']],
    ['mongodb://db.example/?tls=true&tlsAllowInvalidCertificates=true', ['db.example']],
    ['mongodb://db.example/?tls=true&tlsInsecure=true', ['db.example']],
    ['mongodb+srv://cluster.example/', []],
    ['mongodb+srv://cluster.example/?tls=false', ['cluster.example']],
    ['mongodb://127.0.0.1:27117/', []],
    ['mongodb://[::1]:27017/', []],
    ['MONGODB://LOCALHOST/', []],
    ['mongodb://%2Ftmp%2Fmongodb-27017.sock/', []],
    ['esdb://127.0.0.1:2113?tls=false', []],
    ['mongodb://localhost.evil.example/', ['localhost.evil.example']],
    ['mongodb://127.0.0.1.evil.example/', ['127.0.0.1.evil.example']],
    ['mongodb://localhost@evil.example/', ['evil.example']],
  ])('%s: %j', (url, hosts) => {
    expect(hostsInPlain(url)).toEqual(hosts);
  });

  it('are all but those of this machine, whatever else the address says, and none where it asks for TLS', () => {
    const host = fc.oneof(fc.constantFrom('localhost', '127.0.0.1', '[::1]:1'), fc.domain(), fc.ipV4().filter((ip) => !ip.startsWith('127.')));
    const words = fc.stringMatching(/^[A-Za-z0-9]{1,8}$/);
    fc.assert(fc.property(fc.array(host, { minLength: 1, maxLength: 4 }), fc.option(fc.tuple(words, words)), fc.option(words), fc.dictionary(words.map((word) => `x${word}`), words), (hosts, user, database, options) => {
      const url = (more: Readonly<Record<string, string>>) => `mongodb://${user ? `${user.join(':')}@` : ''}${hosts.join(',')}/${database ?? ''}?${String(new URLSearchParams({ ...options, ...more }))}`;
      expect(hostsInPlain(url({}))).toEqual(hosts.filter((one) => !['localhost', '127.0.0.1', '[::1]:1'].includes(one)));
      expect(hostsInPlain(url({ tls: 'true' }))).toEqual([]);
    }), { numRuns: 200 });
  });
});

describe('a start on databases that are reached in plain text', () => {
  const env = { ROLEBOOK_MASTER_KEY: Buffer.alloc(32, 1).toString('base64'), ROLEBOOK_SETUP_TOKEN: 'x'.repeat(16) };
  const refusal = (more: Record<string, string>) => {
    try {
      readConfig({ ...env, ...more });
      return null;
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      return error.message;
    }
  };

  it('is refused with a sentence that names the variable and the host, never a password, and says what to do', () => {
    expect(refusal({ EVENTSTORE_URL: 'esdb://db.example:2113?tls=false', MONGODB_URL: 'mongodb://127.0.0.1/' }))
      .toBe('EVENTSTORE_URL reaches db.example:2113 without TLS, or without looking at its certificate. Let it use TLS; or set ROLEBOOK_PLAIN_DATABASES=on where nobody can listen in between.');
    const told = refusal({ EVENTSTORE_URL: 'esdb://db.example?tls=true', MONGODB_URL: 'mongodb://user:hunter2@db.example/' });
    expect(told).toContain('MONGODB_URL reaches db.example without TLS');
    expect(told).not.toContain('hunter2');
  });

  it('is taken on this machine, with TLS, and where it was allowed', () => {
    expect(refusal({ EVENTSTORE_URL: 'esdb://127.0.0.1:2113?tls=false', MONGODB_URL: 'mongodb://localhost:27017/' })).toBeNull();
    expect(refusal({ EVENTSTORE_URL: 'esdb://db.example', MONGODB_URL: 'mongodb+srv://db.example/' })).toBeNull();
    expect(refusal({ EVENTSTORE_URL: 'esdb://db.example?tls=false', MONGODB_URL: 'mongodb://db.example/', ROLEBOOK_PLAIN_DATABASES: 'on' })).toBeNull();
    expect(refusal({ EVENTSTORE_URL: 'esdb://db.example?tls=false', MONGODB_URL: 'mongodb://db.example/', ROLEBOOK_PLAIN_DATABASES: 'off' })).toContain('EVENTSTORE_URL');
  });
});
