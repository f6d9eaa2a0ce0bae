import { reply, smtpServer, type ServerUnderTest } from '../../libs/mail/smtp/spec-helpers';
import { business, expectStatus, PASSWORD, Service, SETUP_TOKEN, type Business } from './harness';
import { codeOf, enrol, wrongCode } from './totp';

const NAME = 'Siriporn Unmistakable';
const PHONE = '+66899999901';
const EMAIL = 'siriporn.unmistakable@logs.example';
const REFUSED = 'refused.mailbox@logs.example';
const SECRET_WORDS = 'a password that stands in no log 31';
const AGENT = 'Mozilla/5.0 (X11; Linux x86_64; rv:999.7) Gecko/20100101 Firefox/999.7';

/**
 * Everything that the service writes while people do what people do, and while things go wrong: nothing secret and nothing personal in it.
 * By construction: request lines are made of patterns and ids (request-log.ts), all others go through redaction.ts.
 */
describe('the log of a day', () => {
  let mails: ServerUnderTest;
  let service: Service;
  let biz: Business;
  let log = '';
  const hidden = new Map<string, string>([['password', SECRET_WORDS], ['password of the owner', PASSWORD], ['name', 'Unmistakable'], ['phone', PHONE], ['address', EMAIL], ['refused address', REFUSED], ['setup token', SETUP_TOKEN], ['program', '999.7']]);
  const hide = (what: string, ...values: readonly string[]) => values.forEach((value, i) => hidden.set(`${what} ${i + 1}`, value));

  beforeAll(async () => {
    mails = await smtpServer({ onRcptTo: ({ address }, _session, done) => done(address === REFUSED ? Object.assign(reply(550), { message: `${REFUSED} is nobody here` }) : undefined) });
    const spies = [process.stdout, process.stderr].map((stream) => jest.spyOn(stream, 'write').mockImplementation((chunk) => { log += String(chunk); return true; }));
    service = await Service.start({ ROLEBOOK_REQUEST_LOG: 'on', SMTP_URL: `smtp://127.0.0.1:${mails.port}` });
    biz = await business(service, 'logs');
    await aDay();
    await thingsGoWrong();
    await service.dispose();
    for (const spy of spies) spy.mockRestore();
    await mails.stop();
  });

  const linkTo = async (address: string): Promise<string> => {
    for (let i = 0; i < 500; i++) {
      const at = mails.envelopes.findLastIndex(({ to }) => to.includes(address));
      const link = at < 0 ? undefined : /#token=([\w-]+)/.exec(mails.received[at]!.text)?.[1];
      if (link) return link;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    throw new Error(`no mail to ${address}`);
  };

  async function aDay(): Promise<void> {
    const { token: owner } = biz.owner;
    const invited = await service.call('POST', '/v1/invitations', { email: EMAIL, role: 'sales', displayName: NAME }, { token: owner });
    expectStatus(invited, 201);
    const link = await linkTo(EMAIL);
    expectStatus(await service.call('POST', '/v1/invitations/accept', { token: link, displayName: NAME, password: SECRET_WORDS, phone: PHONE }), 201);
    const signIn = (password: string) => service.call('POST', '/v1/auth/sign-in', { business: biz.slug, email: EMAIL, password }, { headers: { 'user-agent': AGENT } });
    await signIn(`${SECRET_WORDS} wrong`);
    const { body: session } = await signIn(SECRET_WORDS);
    const person = { id: invited.body.id as string, email: EMAIL, token: session.accessToken as string, refreshToken: session.refreshToken as string, sessionId: session.sessionId as string };
    const { secret, recoveryCodes, token } = await enrol(service, person);
    const { body: { challenge } } = await signIn(SECRET_WORDS);
    await service.call('POST', '/v1/auth/two-factor', { challenge, code: wrongCode(service, secret) });
    const { body: again } = await service.call('POST', '/v1/auth/two-factor', { challenge, code: codeOf(service, secret) });
    const { body: refreshed } = await service.call('POST', '/v1/auth/refresh', { refreshToken: again.refreshToken });
    await service.call('PATCH', '/v1/me', { displayName: `${NAME} II` }, { token });
    await service.call('GET', '/v1/users?q=Unmistakable', undefined, { token: owner });
    await service.call('GET', `/v1/me?token=${token}`, undefined, { token });
    await service.call('POST', `/v1/users/${person.id}/erase`, { email: EMAIL }, { token });
    hide('link', link);
    hide('access token', owner, person.token, token, again.accessToken, refreshed.accessToken);
    hide('refresh token', person.refreshToken, again.refreshToken, refreshed.refreshToken);
    hide('device token', session.deviceToken);
    hide('challenge', challenge);
    hide('second factor', secret, ...recoveryCodes);
    for (const [what, value] of hidden) if (typeof value !== 'string' || value.length < 4) throw new Error(`nothing to look for: ${what}`);
  }

  async function thingsGoWrong(): Promise<void> {
    const { token: owner } = biz.owner;
    expectStatus(await service.call('POST', '/v1/invitations', { email: REFUSED, role: 'crew', displayName: NAME }, { token: owner }), 201);
    for (let i = 0; i < 500 && !log.includes('refused for good'); i++) await new Promise((resolve) => setTimeout(resolve, 20));
    const failure = new Error(`duplicate key { email: "${EMAIL}", name: "${NAME}", phone: ${PHONE} } with Bearer ${owner} for //rolebook:${SECRET_WORDS.replaceAll(' ', '')}@db.example`);
    const broken = jest.spyOn(service.installation.live, 'peek').mockImplementation(() => { throw failure; });
    await service.call('GET', '/v1/roles', undefined, { token: owner });
    expectStatus(await service.call('GET', '/v1/me', undefined, { token: owner }), 500);
    broken.mockRestore();
    await service.call('POST', '/v1/auth/sign-in', `{"email":"${EMAIL}","password":"${SECRET_WORDS}`, { headers: { 'content-type': 'application/json' } });
  }

  it('is there, line by line: requests, a mail that was refused, a failure with its request', () => {
    const lines = log.split('\n').filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as { message: string; requestId?: string; error?: string });
    expect(lines.filter(({ message }) => message === 'request').length).toBeGreaterThan(15);
    expect(lines.map(({ message }) => message)).toEqual(expect.arrayContaining(['a mail was refused for good', 'a request failed']));
    expect(lines.find(({ message }) => message === 'a request failed')).toMatchObject({ level: 'error', requestId: expect.stringMatching(/^[0-9a-f-]{36}$/), error: expect.stringContaining('duplicate key') });
  });

  it('holds no password, token, code, name, address or number of anybody', () => {
    expect([...hidden].filter(([, value]) => log.includes(value)).map(([what]) => what)).toEqual([]);
  });

  it('holds no address of e-mail and no token of anybody else either', () => {
    expect(log.match(/[\w.+-]+@[\w-]+\.[\w.]+|\beyJ[\w-]{10,}|Bearer (?!\[)\S+/g)).toBeNull();
  });
});
