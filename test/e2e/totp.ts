import { generateSync } from 'otplib';
import { expectStatus, PASSWORD, type Answer, type Person, type Service } from './harness';

const STEP_MS = 30_000;

/** The code an authenticator shows, `steps` of 30 seconds from now. */
export function codeOf(service: Service, secret: string, steps = 0): string {
  return generateSync({ secret, epoch: Math.floor((service.clock.now() + steps * STEP_MS) / 1000) });
}

/** Moves the clock to five seconds into a step, so that no step ends between a code's making and its use. */
export function earlyInAStep(service: Service): void {
  service.clock.shift(STEP_MS + 5_000 - (service.clock.now() % STEP_MS));
}

/** Six digits that are no code of the secret around now. */
export function wrongCode(service: Service, secret: string, n = 0): string {
  const good = new Set([-2, -1, 0, 1, 2].map((steps) => codeOf(service, secret, steps)));
  for (let value = n * 10; ; value++) {
    const code = String(value).padStart(6, '0');
    if (!good.has(code)) return code;
  }
}

export interface Enrolled extends Person { readonly secret: string; readonly recoveryCodes: readonly string[] }

/** Has somebody enrol. Afterwards the clock is early in a later step, so that the next code is good. */
export async function enrol(service: Service, person: Person): Promise<Enrolled & { readonly answer: Answer }> {
  const started = await service.call('POST', '/v1/me/two-factor/enrolment', undefined, { token: person.token });
  expectStatus(started, 200);
  const { secret } = started.body as { secret: string };
  const answer = await service.call('POST', '/v1/me/two-factor', { code: codeOf(service, secret) }, { token: person.token });
  expectStatus(answer, 200);
  service.clock.shift(STEP_MS);
  earlyInAStep(service);
  return { ...person, token: answer.body.accessToken ?? person.token, secret, recoveryCodes: answer.body.recoveryCodes, answer };
}

/** The first step of signing in. */
export async function challengeOf(service: Service, slug: string, email: string, headers: Record<string, string> = {}): Promise<string> {
  const answer = await service.call('POST', '/v1/auth/sign-in', { business: slug, email, password: PASSWORD }, { headers });
  expectStatus(answer, 200);
  expect(answer.body).toEqual({ status: 'two-factor-required', challenge: expect.any(String) });
  return answer.body.challenge as string;
}
