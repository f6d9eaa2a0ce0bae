import { createHmac, createPublicKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { shapesOf } from '@rolebook/kernel/spec-helpers';
import * as fc from 'fast-check';
import { createAccessTokens, type AccessTokens } from './access-tokens';
import { createMemoryKeyStore } from './in-memory/key-store';
import { createMasterKey } from './master-key';
import type { KeyStore } from './port';
import { SigningKeys } from './signing-keys';

const masterKey = createMasterKey(new Uint8Array(32).fill(7));
const issuer = 'https://rolebook.example';
const audience = 'jingjaiops';
const subject = {
  userId: '01930000-0000-7000-8000-000000000001', businessId: '01930000-0000-7000-8000-000000000002',
  sessionId: '01930000-0000-7000-8000-000000000003', kind: 'access' as const,
};
const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
const decode = (segment = '') => JSON.parse(Buffer.from(segment, 'base64url').toString()) as Record<string, unknown>;

describe('access tokens', () => {
  let store: KeyStore;
  let tokens: AccessTokens;
  let time: number;
  const clock = { now: () => time };
  const node = (options: { issuer?: string; audience?: string; cacheSize?: number } = {}) =>
    createAccessTokens({ store, masterKey, clock, issuer, audience, lifetimeSeconds: 300, ...options });
  beforeEach(async () => {
    time = Date.UTC(2026, 10, 24, 10);
    store = createMemoryKeyStore();
    tokens = await node();
  });

  const now = () => Math.floor(time / 1000);
  const keyId = () => tokens.jwks().keys[0]?.kid ?? '';
  /** A token of any shape, signed with this installation's real key. */
  const forge = async (header: unknown, payload: unknown, key?: KeyObject) => {
    const [real] = await new SigningKeys(store, masterKey, 'access-token-key').load();
    const input = `${typeof header === 'string' ? header : encode(header)}.${typeof payload === 'string' ? payload : encode(payload)}`;
    return `${input}.${sign(null, Buffer.from(input), key ?? (real?.privateKey as KeyObject)).toString('base64url')}`;
  };
  const goodHeader = () => ({ alg: 'EdDSA', typ: 'at+jwt', kid: keyId() });
  const goodPayload = () => ({
    iss: issuer, aud: audience, sub: subject.userId, biz: subject.businessId, sid: subject.sessionId, kind: 'access', iat: now(), nbf: now(), exp: now() + 300,
  });

  it('say who, where and which session, and nothing else', () => {
    const { token, expiresIn } = tokens.sign(subject);
    const [header, payload] = token.split('.');
    expect(expiresIn).toBe(300);
    expect(decode(header)).toEqual(goodHeader());
    expect(decode(payload)).toEqual(goodPayload());
  });

  it.each(['access', 'enrolment'] as const)('of kind %s give back what was signed', async (kind) => {
    const { token } = tokens.sign({ ...subject, kind });
    expect(await tokens.verify(token)).toEqual({ ...subject, kind, issuedAt: now(), expiresAt: now() + 300 });
  });

  it('are verified by the published keys alone', async () => {
    const [jwk] = tokens.jwks().keys;
    expect(jwk).toEqual({ kty: 'OKP', crv: 'Ed25519', x: expect.stringMatching(/^[\w-]{43}$/) as string, kid: expect.stringMatching(/^[\w-]{16}$/) as string, alg: 'EdDSA', use: 'sig' });
    const { jwtVerify, createLocalJWKSet } = await import('jose');
    const { token } = tokens.sign(subject);
    const outcome = await jwtVerify(token, createLocalJWKSet({ keys: [...tokens.jwks().keys] }), { issuer, audience, typ: 'at+jwt', algorithms: ['EdDSA'], currentDate: new Date(time) });
    expect(outcome.payload.sub).toBe(subject.userId);
  });

  it('accept what is well made: the forger of the next cases works', async () => {
    expect(await tokens.verify(await forge(goodHeader(), goodPayload()))).not.toBeNull();
  });

  describe('are refused, though signed with the right key', () => {
    const foreign = generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' });
    it.each<[string, object]>([
      ['alg none', { alg: 'none' }], ['another alg', { alg: 'HS256' }], ['alg in other letters', { alg: 'eddsa' }], ['no alg', { alg: undefined }],
      ['typ JWT', { typ: 'JWT' }], ['no typ', { typ: undefined }], ['typ in long form', { typ: 'application/at+jwt' }],
      ['an unknown kid', { kid: 'AAAAAAAAAAAAAAAA' }], ['no kid', { kid: undefined }], ['a kid that is a path', { kid: '../../dev/null' }], ['a kid that is no string', { kid: 7 }],
      ['a key of its own', { jwk: foreign }], ['a key from elsewhere', { jku: 'https://evil.example/jwks.json' }], ['a certificate from elsewhere', { x5u: 'https://evil.example/x' }],
      ['a certificate of its own', { x5c: ['AAAA'] }], ['crit', { crit: ['exp'] }], ['b64', { b64: false }], ['a content type', { cty: 'JWT' }],
    ])('with %s in the header', async (_, change) => {
      expect(await tokens.verify(await forge({ ...goodHeader(), ...change }, goodPayload()))).toBeNull();
    });

    it.each<[string, (at: number) => object]>([
      ['another issuer', () => ({ iss: 'https://evil.example' })], ['no issuer', () => ({ iss: undefined })],
      ['another audience', () => ({ aud: 'other' })], ['a list of audiences', () => ({ aud: [audience, 'other'] })], ['no audience', () => ({ aud: undefined })],
      ['no exp', () => ({ exp: undefined })], ['an exp that is text', (at) => ({ exp: String(at + 300) })], ['an exp beyond numbers', () => ({ exp: 1e300 })], ['an exp in the past', (at) => ({ exp: at })],
      ['no iat', () => ({ iat: undefined })], ['an iat in the future', (at) => ({ iat: at + 60 })], ['no nbf', () => ({ nbf: undefined })], ['an nbf in the future', (at) => ({ nbf: at + 60 })],
      ['no user', () => ({ sub: undefined })], ['a user that is no id', () => ({ sub: 'admin' })], ['no business', () => ({ biz: undefined })], ['no session', () => ({ sid: null })],
      ['an unknown kind', () => ({ kind: 'refresh' })], ['no kind', () => ({ kind: undefined })],
    ])('with %s', async (_, change) => {
      expect(await tokens.verify(await forge(goodHeader(), { ...goodPayload(), ...change(now()) }))).toBeNull();
    });

    it.each<[string, () => [unknown, unknown]]>([
      ['a header with its members in another order', () => [{ kid: keyId(), typ: 'at+jwt', alg: 'EdDSA' }, goodPayload()]],
      ['a header with a member twice', () => [Buffer.from(`{"alg":"none","alg":"EdDSA","typ":"at+jwt","kid":"${keyId()}"}`).toString('base64url'), goodPayload()]],
      ['a payload that is a list', () => [goodHeader(), [goodPayload()]]], ['a payload that is null', () => [goodHeader(), null]],
      ['a payload that is no JSON', () => [goodHeader(), Buffer.from('{"iss"').toString('base64url')]],
      ['a padded payload', () => [goodHeader(), `${encode(goodPayload())}=`]],
    ])('with %s', async (_, parts) => {
      const [header, payload] = parts();
      expect(await tokens.verify(await forge(header, payload))).toBeNull();
    });
  });

  it('are refused when signed with another key, or with the public key as a shared secret', async () => {
    const stranger = generateKeyPairSync('ed25519').privateKey;
    expect(await tokens.verify(await forge(goodHeader(), goodPayload(), stranger))).toBeNull();
    const [jwk] = tokens.jwks().keys;
    const pem = createPublicKey({ key: { ...jwk }, format: 'jwk' }).export({ type: 'spki', format: 'pem' });
    const input = `${encode({ ...goodHeader(), alg: 'HS256' })}.${encode(goodPayload())}`;
    expect(await tokens.verify(`${input}.${createHmac('sha256', pem).update(input).digest('base64url')}`)).toBeNull();
    expect(await tokens.verify(`${encode({ alg: 'none', typ: 'at+jwt', kid: keyId() })}.${encode(goodPayload())}.`)).toBeNull();
  });

  it('never verify once anything in them is changed', async () => {
    const { token } = tokens.sign(subject);
    await tokens.verify(token); // also with the good one in the cache
    await fc.assert(fc.asyncProperty(fc.nat(token.length - 1), fc.constantFrom(...'AQgwZaz059-_+/=. \n\u0000é'), fc.constantFrom('replace', 'insert', 'cut'), async (at, character, how) => {
      const mutant = token.slice(0, at) + (how === 'cut' ? '' : character) + token.slice(how === 'insert' ? at : at + 1);
      if (mutant !== token) expect(await tokens.verify(mutant)).toBeNull();
    }), { numRuns: 400 });
    // The last character of a signature holds four bits that mean nothing: they must be zero, or one token would have 16 spellings.
    const endings = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'].map((last) => token.slice(0, -1) + last);
    expect((await Promise.all(endings.map(async (ending) => [ending, await tokens.verify(ending)] as const))).flatMap(([ending, claims]) => (claims ? [ending] : []))).toEqual([token]);
    const [header, payload, signature] = token.split('.');
    for (const mutant of [`${token}.`, `.${token}`, `${header}.${payload}`, `${header}.${payload}.`, `${header}..${signature}`, `${header}.${payload}.${signature}.x`, ` ${token}`]) {
      expect(await tokens.verify(mutant)).toBeNull();
    }
  });

  it('take any garbage', async () => {
    await fc.assert(fc.asyncProperty(fc.oneof(fc.anything(), fc.string({ unit: 'binary' }), fc.tuple(fc.base64String(), fc.base64String(), fc.base64String()).map((parts) => parts.join('.'))), async (garbage) => {
      expect(await tokens.verify(garbage as string)).toBeNull();
      expect(tokens.verifyCached(garbage as string)).toBeUndefined();
    }));
    expect(await tokens.verify(`${'A'.repeat(1_000_000)}.A.A`)).toBeNull();
  });

  it('end at exp, to the second, in the cache too', async () => {
    const { token } = tokens.sign(subject);
    expect(await tokens.verify(token)).not.toBeNull();
    time += 299_999;
    expect(tokens.verifyCached(token)).toEqual(await tokens.verify(token));
    expect(tokens.verifyCached(token)).toMatchObject(subject);
    time += 1;
    expect(tokens.verifyCached(token)).toBeUndefined();
    expect(await tokens.verify(token)).toBeNull();
  });

  it('of a node whose clock is a little ahead are accepted, but not one of a minute ahead', async () => {
    time += 5_000;
    const { token: alittle } = tokens.sign(subject);
    time += 55_000;
    const { token: minute } = tokens.sign(subject);
    time -= 60_000;
    expect(await tokens.verify(alittle)).not.toBeNull();
    expect(await tokens.verify(minute)).toBeNull();
  });

  it('are remembered only once verified, and only as many as the cache holds', async () => {
    const small = await node({ cacheSize: 2 });
    const signed = [1, 2, 3].map((n) => small.sign({ ...subject, sessionId: subject.sessionId.replace(/.$/, String(n)) }).token);
    expect(signed.map((token) => small.verifyCached(token))).toEqual([undefined, undefined, undefined]);
    for (const token of signed) await small.verify(token);
    expect(signed.map((token) => small.verifyCached(token)?.sessionId.at(-1))).toEqual([undefined, '2', '3']);
  });

  it('that end like a remembered one are still read whole: another header, other claims, or something before it', async () => {
    const { token } = tokens.sign(subject);
    const { token: other } = tokens.sign({ ...subject, sessionId: subject.sessionId.replace(/.$/, '7') });
    expect(await tokens.verify(token)).not.toBeNull();
    const [header = '', payload = '', signature = ''] = token.split('.');
    const [, otherPayload = '', otherSignature = ''] = other.split('.');
    const end = signature.slice(-16);
    for (const alike of [`x${token}`, token.slice(1), end, `${header}.${otherPayload}.${signature}`, `${header}.${payload}.${otherSignature.slice(0, -16)}${end}`]) {
      expect(tokens.verifyCached(alike)).toBeUndefined();
      expect(await tokens.verify(alike)).toBeNull();
    }
    expect(tokens.verifyCached(token)).toMatchObject(subject);
  });

  it('are found again in the header they are shown in, and only where the whole token stands', async () => {
    const { token } = tokens.sign(subject);
    const header = `Bearer ${token}`;
    expect(tokens.verifyCached(header, 7)).toBeUndefined();
    expect(await tokens.verify(token)).not.toBeNull();
    for (const [text, from] of [[header, 7], [header, 7], [token, 0], [`bearer ${token}`, 7], [header, 7]] as const) expect(tokens.verifyCached(text, from)).toMatchObject(subject);
    for (const [text, from] of [[header, 0], [header, 6], [header, 8], [`Bearer  ${token}`, 7], [token, 7], [`Bearer ${token.slice(1)}`, 7], [`Bearer x${token.slice(1)}`, 7], ['', 7]] as const) {
      expect(tokens.verifyCached(text, from)).toBeUndefined();
    }
    expect(tokens.verifyCached(header, 7)).toMatchObject(subject);
  });

  it('give claims that nobody changes, all of one shape', async () => {
    const claims: object[] = [];
    for (let n = 10; n < 99; n++) claims.push((await tokens.verify(tokens.sign({ ...subject, sessionId: subject.sessionId.replace(/..$/, String(n)) }).token))!);
    expect(claims.every((each) => Object.isFrozen(each))).toBe(true);
    expect(shapesOf(claims.slice(50))).toBe(1);
  });

  describe('keys', () => {
    it('are the same after a restart, and of two nodes that start at once', async () => {
      const { token } = tokens.sign(subject);
      expect(await (await node()).verify(token)).not.toBeNull();
      const fresh = createMemoryKeyStore();
      const start = () => createAccessTokens({ store: fresh, masterKey, clock, issuer, audience });
      const [a, b] = await Promise.all([start(), start()]);
      expect(a.jwks()).toEqual(b.jwks());
    });

    it('rotate without losing sessions', async () => {
      const before = tokens.sign(subject).token;
      const old = keyId();
      const newest = await tokens.rotate();
      expect(newest).not.toBe(old);
      const after = tokens.sign(subject).token;
      expect(decode(after.split('.')[0]).kid).toBe(newest);
      expect(tokens.jwks().keys.map((key) => key.kid)).toEqual([newest, old]);
      expect(await tokens.verify(before)).not.toBeNull();
      expect(await tokens.verify(after)).not.toBeNull();
    });

    it('retired, end their tokens at once, the remembered ones too, and are gone from the store', async () => {
      const before = tokens.sign(subject).token;
      const old = keyId();
      await tokens.verify(before);
      await tokens.rotate();
      await tokens.retire(old);
      expect(tokens.verifyCached(before)).toBeUndefined();
      expect(await tokens.verify(before)).toBeNull();
      expect(tokens.jwks().keys.map((key) => key.kid)).toEqual([keyId()]);
      expect(await (await node()).verify(before)).toBeNull();
      await expect(tokens.retire(keyId())).rejects.toThrow(/rotate first/);
      await expect(tokens.retire(old)).rejects.toThrow(/no signing key/);
    });

    it('made on another node are found when a token shows them, but not looked for at every forged one', async () => {
      const other = await node();
      time += 6_000;
      await other.rotate();
      expect(await tokens.verify(other.sign(subject).token)).not.toBeNull();

      const reads = jest.spyOn(store, 'secretNames');
      time += 6_000;
      for (let i = 0; i < 20; i++) await tokens.verify(await forge({ ...goodHeader(), kid: `AAAAAAAAAAAAAAA${String.fromCharCode(65 + i)}` }, goodPayload()));
      expect(reads.mock.calls.length).toBeLessThanOrEqual(20 + 1); // the forger itself reads the key each time
    });

    it('retired on another node end here within a minute of use', async () => {
      const other = await node();
      const before = tokens.sign(subject).token;
      const old = keyId();
      await other.rotate();
      await other.retire(old);
      time += 61_000; // the token itself lives on
      expect(await tokens.verify(tokens.sign(subject).token)).not.toBeNull(); // any token verified makes the node look
      await new Promise(setImmediate);
      expect(await tokens.verify(before)).toBeNull();
    });
  });
});
