import { business, expectStatus, member, PASSWORD, problemOf, Service, signIn, type Business, type Person } from './harness';
import { challengeOf, codeOf, enrol, wrongCode } from './totp';

describe('two-factor authentication', () => {
  let service: Service;
  let shop: Business;
  beforeAll(async () => {
    service = await Service.start();
    shop = await business(service);
  });
  afterAll(() => service.dispose());

  const complete = (challenge: string, given: object) => service.call('POST', '/v1/auth/two-factor', { challenge, ...given });
  const me = (person: Pick<Person, 'token'>) => service.call('GET', '/v1/me', undefined, { token: person.token });

  describe('enrolling', () => {
    it('gives secret, URI and picture, and is done by a code; the ten recovery codes come once', async () => {
      const person = await member(service, shop, 'crew', { name: 'Mali: Crew' });
      const started = await service.call('POST', '/v1/me/two-factor/enrolment', undefined, { token: person.token });
      const { secret, otpauthUri, qrCode } = started.body;
      expect(secret).toMatch(/^[A-Z2-7]{32}$/);
      const uri = new URL(otpauthUri as string);
      expect({ protocol: uri.protocol, host: uri.host, label: decodeURIComponent(uri.pathname) }).toEqual({ protocol: 'otpauth:', host: 'totp', label: `/Business ${shop.slug}:${person.email}` });
      expect(Object.fromEntries(uri.searchParams)).toEqual({ secret, issuer: `Business ${shop.slug}` });
      expect(qrCode).toMatch(/^<svg [^>]*viewBox="0 0 \d+ \d+"[^>]*>.*<\/svg>\s*$/s);
      expect((await me(person)).body.twoFactor).toEqual({ enabled: false, required: false, enabledAt: null });

      const confirmed = await service.call('POST', '/v1/me/two-factor', { code: codeOf(service, secret) }, { token: person.token });
      expectStatus(confirmed, 200);
      expect(confirmed.body).toEqual({ recoveryCodes: expect.any(Array) });
      const { recoveryCodes } = confirmed.body as { recoveryCodes: string[] };
      expect(new Set(recoveryCodes).size).toBe(10);
      for (const code of recoveryCodes) expect(code).toMatch(/^[0-9a-hjkmnp-tv-z]{4}(-[0-9a-hjkmnp-tv-z]{4}){3}$/);
      expect((await me(person)).body.twoFactor).toEqual({ enabled: true, required: false, enabledAt: expect.any(String) });
    });
  });
});
