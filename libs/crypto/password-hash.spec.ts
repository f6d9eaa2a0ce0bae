import { createPasswordHasher, Overloaded, type PasswordHasher } from './password-hash';

describe('password hashing', () => {
  let hasher: PasswordHasher;
  beforeAll(() => { hasher = createPasswordHasher({ concurrency: 2 }); });
  afterAll(() => hasher.close());

  it('is argon2id with 19 MiB, 2 passes, 1 lane, salted, in PHC format', async () => {
    const [first, second] = await Promise.all([hasher.hash('correct horse'), hasher.hash('correct horse')]);
    expect(first).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
    expect(second).not.toBe(first);
  });

  it('tells the right password from others, to the last of 200 characters', async () => {
    const long = 'x'.repeat(199);
    const hash = await hasher.hash(`${long}a`);
    expect(await hasher.verify(hash, `${long}a`)).toBe(true);
    expect(await hasher.verify(hash, `${long}b`)).toBe(false);
    expect(await hasher.verify(hash, long)).toBe(false);
    expect(await hasher.verify(hash, `${long}a\u0000`)).toBe(false);
  });

  it('takes a password in whichever normal form the keyboard gave it', async () => {
    const hash = await hasher.hash('Zo\u00eb cafe\u0301 \u0e01\u0e33');
    expect(await hasher.verify(hash, 'Zoe\u0308 caf\u00e9 \u0e01\u0e33')).toBe(true);
  });

  it('finds no password right where there is no hash, and works for it all the same', async () => {
    const seen: unknown[] = [];
    const inner = createPasswordHasher({ concurrency: 1, queueLimit: 0 });
    const unknown = inner.verify(null, 'anything');
    // The one thread is taken by it: the next one finds no room.
    await inner.verify(null, 'anything').catch((error: unknown) => seen.push(error));
    expect(seen).toEqual([expect.any(Overloaded)]);
    expect(await unknown).toBe(false);
    await inner.close();
  });

  it('notices hashes made with other settings', async () => {
    expect(hasher.needsRehash(await hasher.hash('x'))).toBe(false);
    expect(hasher.needsRehash('$argon2id$v=19$m=65536,t=3,p=4$c2FsdHNhbHQ$aGFzaA')).toBe(true);
    expect(hasher.needsRehash('$2b$10$abcdefghijklmnopqrstuv')).toBe(true);
  });

  it('still verifies a hash made with other settings', async () => {
    // argon2 reference implementation's test vector: argon2id, m=256, t=2, p=1, "password" with salt "somesalt"
    const older = '$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4';
    expect(await hasher.verify(older, 'password')).toBe(true);
    expect(await hasher.verify(older, 'passwore')).toBe(false);
  });

  it('rejects a malformed hash, and goes on', async () => {
    await expect(hasher.verify('$argon2id$garbage', 'x')).rejects.toThrow(/argon2/);
    expect(await hasher.verify(null, 'x')).toBe(false);
  });

  it('turns callers away once the queue is full, saying when to come again', async () => {
    const small = createPasswordHasher({ concurrency: 1, queueLimit: 3 });
    const outcomes = await Promise.allSettled(Array.from({ length: 10 }, () => small.hash('x')));
    expect(outcomes.map((outcome) => outcome.status)).toEqual([...Array<string>(4).fill('fulfilled'), ...Array<string>(6).fill('rejected')]);
    const refusals = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as unknown] : []));
    for (const refusal of refusals) expect(refusal).toMatchObject({ name: 'Overloaded', retryAfterSeconds: 1 });
    expect(await small.hash('x')).toMatch(/^\$argon2id/);
    await small.close();
  });

  it('ends what is under way when it closes', async () => {
    const closing = createPasswordHasher({ concurrency: 1 });
    const hashes = Promise.allSettled([closing.hash('x'), closing.hash('y')]);
    await closing.close();
    expect((await hashes).map((outcome) => outcome.status)).toEqual(['rejected', 'rejected']);
    await expect(closing.hash('z')).rejects.toThrow(/closed/);
  });
});
