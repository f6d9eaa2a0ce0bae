import { business, PASSWORD, problemOf, Service } from './harness';

/** Each service here is the only one of its process while it runs. */
async function withService<T>(trustedProxies: string, work: (service: Service) => Promise<T>): Promise<T> {
  const service = await Service.start({ ROLEBOOK_TRUSTED_PROXIES: trustedProxies });
  try {
    return await work(service);
  } finally {
    await service.dispose();
  }
}

describe('where a request comes from', () => {
  /** What a session says of its origin that was started through `X-Forwarded-For`. */
  const seenAs = (trustedProxies: string, forwarded: string) => withService(trustedProxies, async (service) => {
    const { slug, owner } = await business(service);
    const { body } = await service.call('POST', '/v1/auth/sign-in', { business: slug, email: owner.email, password: PASSWORD }, { headers: { 'x-forwarded-for': forwarded } });
    const sessions = await service.call('GET', '/v1/me/sessions', undefined, { token: body.accessToken });
    return sessions.body.items[0].ip as string;
  });

  it('is what a configured proxy says, whatever the client claims before it', async () => {
    expect(await seenAs('127.0.0.1, 10.0.0.0/8', '203.0.113.9')).toBe('203.0.113.9');
    expect(await seenAs('127.0.0.1, 10.0.0.0/8', '1.2.3.4, 203.0.113.9')).toBe('203.0.113.9');
    expect(await seenAs('127.0.0.1, 10.0.0.0/8', '1.2.3.4, 203.0.113.9, 10.1.1.1')).toBe('203.0.113.9');
  });

  it('is the connection where no proxy, or another one, is configured', async () => {
    expect(await seenAs('', '203.0.113.9')).toMatch(/^(::ffff:)?127\.0\.0\.1$/);
    expect(await seenAs('10.0.0.1', '203.0.113.9')).toMatch(/^(::ffff:)?127\.0\.0\.1$/);
  });

  it('cannot be made up to get more tries', async () => {
    await withService('', async (service) => {
      const { slug, owner } = await business(service);
      const answers = await Promise.all(Array.from({ length: 30 }, (_, n) =>
        service.call('POST', '/v1/auth/sign-in', { business: slug, email: owner.email, password: 'wrong' }, { headers: { 'x-forwarded-for': `203.0.113.${n}`, 'user-agent': 'guesser' } })));
      expect(answers.map(problemOf).sort()).toEqual([...Array<string>(10).fill('invalid-credentials'), ...Array<string>(20).fill('too-many-attempts')]);
    });
  });
});
