import { refusals } from './errors';

it('users are refused with stable codes, each with a sentence for people', () => {
  const all = Object.values(refusals).map((refusal) => refusal());
  expect(all.map(({ code }) => code)).toEqual([
    'not-found', 'email-taken', 'not-invited', 'invalid-token', 'invalid-reset-token', 'invitation-expired', 'last-super-admin', 'not-active', 'not-deactivated',
    'super-admin-not-overridden', 'email-mismatch', 'invalid-credentials',
  ]);
  for (const { message } of all) expect(message).toMatch(/^[A-Z].+\.$/);
});
