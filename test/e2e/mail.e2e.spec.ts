import { OperationalStoreUnavailable } from '@rolebook/operational-store';
import { reply, smtpServer, type ServerUnderTest } from '../../libs/mail/smtp/spec-helpers';
import { business, expectStatus, PASSWORD, problemOf, Service, signIn, type Business } from './harness';

/** Waits until something is so; fails where it will not be. */
async function until(isSo: () => boolean): Promise<void> {
  for (let i = 0; i < 1_500; i++) {
    if (isSo()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error('it never came');
}

describe('mail over a real SMTP exchange', () => {
  let server: ServerUnderTest;
  let service: Service;
  let biz: Business;
  /** How the server answers to any recipient; `null`: takes it. */
  let refusal: (() => Error) | null = null;
  /** Whether it takes no mail at all for now. */
  let busy = false;

  beforeAll(async () => {
    server = await smtpServer({ onMailFrom: (_address, _session, done) => done(busy ? reply(451) : null), onRcptTo: (_address, _session, done) => done(refusal?.()) });
    service = await Service.start({ SMTP_URL: `smtp://127.0.0.1:${server.port}`, ROLEBOOK_MAIL_FROM: 'JingjaiOps <hello@ops.example>' });
    biz = await business(service);
  });
  afterAll(async () => {
    await service.dispose();
    await server.stop();
  });

  const to = (email: string) => server.received.filter((_mail, i) => server.envelopes[i]!.to.includes(email));
  const links = (email: string) => to(email).map((mail) => /#token=([\w-]+)/.exec(mail.text)?.[1] ?? '');
  const invite = async (email: string, more: object = {}) => {
    const answer = await service.call('POST', '/v1/invitations', { email, role: 'crew', ...more }, { token: biz.owner.token });
    expectStatus(answer, 201);
    return answer.body.id as string;
  };
  /** Whatever was sent for events up to now has arrived. */
  const settled = async () => {
    const head = await service.installation.events.head();
    await until(() => (service.installation.followers?.mails.sentUpTo ?? 0) >= head);
  };

  it('an invitation arrives, in two languages\' worth of parts, and its link works', async () => {
    await invite('real@smtp.example', { locale: 'th' });
    await until(() => links('real@smtp.example').length > 0);
    const [envelope] = server.envelopes.filter(({ to: recipients }) => recipients.includes('real@smtp.example'));
    expect(envelope).toMatchObject({ from: 'hello@ops.example', to: ['real@smtp.example'] });
    expectStatus(await service.call('POST', '/v1/invitations/accept', { token: links('real@smtp.example')[0], displayName: 'Real Person', password: PASSWORD }), 201);
    await signIn(service, biz.slug, 'real@smtp.example');
    expect(service.mails()).toEqual([]);
  });

  it('goes out once in the normal case, restart or not', async () => {
    await invite('once@smtp.example');
    await settled();
    await service.restart();
    await settled();
    expect(to('once@smtp.example')).toHaveLength(1);
  });

  it('what was called for while the follower was dead goes out after the restart, with a link that works', async () => {
    busy = true;
    await invite('later@smtp.example');
    await service.close();
    busy = false;
    await service.reopen();
    await settled();
    expect(to('later@smtp.example')).toHaveLength(1);
    expectStatus(await service.call('POST', '/v1/invitations/accept', { token: links('later@smtp.example')[0], displayName: 'Later Person', password: PASSWORD }), 201);
  });

  it('a crash after it was sent and before that was noted sends it again: the same mail, the same link', async () => {
    await settled();
    const dying = jest.spyOn(service.installation.operational, 'putMany').mockImplementation(() => Promise.reject(new OperationalStoreUnavailable('the process is dying')));
    await invite('twice@smtp.example');
    await until(() => to('twice@smtp.example').length === 1);
    await service.close();
    dying.mockRestore();
    await service.reopen();
    await settled();
    await until(() => to('twice@smtp.example').length >= 2);
    const [first, second] = to('twice@smtp.example');
    expect(second!.messageId).toBe(first!.messageId);
    expect(new Set(links('twice@smtp.example')).size).toBe(1);
  });

  it('an invitation withdrawn, or sent again, before its mail went out makes no mail for the old link', async () => {
    busy = true;
    const [withdrawn, resent] = [await invite('withdrawn@smtp.example'), await invite('resent@smtp.example')];
    expectStatus(await service.call('DELETE', `/v1/users/${withdrawn}/invitation`, undefined, { token: biz.owner.token }), 204);
    expectStatus(await service.call('POST', `/v1/users/${resent}/invitation/resend`, undefined, { token: biz.owner.token }), 200);
    busy = false;
    await service.restart();
    await settled();
    expect(to('withdrawn@smtp.example')).toEqual([]);
    expect(to('resent@smtp.example')).toHaveLength(1);
    expectStatus(await service.call('POST', '/v1/invitations/preview', { token: links('resent@smtp.example')[0] }), 200);
  });

  it('an address that the server refuses for good holds up nobody else', async () => {
    refusal = () => reply(550);
    const id = await invite('refused@smtp.example');
    await settled();
    refusal = null;
    await invite('next@smtp.example');
    await settled();
    expect([to('refused@smtp.example').length, to('next@smtp.example').length]).toEqual([0, 1]);
    expectStatus(await service.call('POST', `/v1/users/${id}/invitation/resend`, undefined, { token: biz.owner.token }), 200);
    await settled();
    expect(to('refused@smtp.example')).toHaveLength(1);
  });

  it('an address that the server puts off holds up nobody else, and nothing is lost by a restart', async () => {
    refusal = () => reply(451);
    await invite('greylisted@smtp.example');
    await settled();
    refusal = null;
    await invite('behind@smtp.example');
    await settled();
    expect([to('greylisted@smtp.example').length, to('behind@smtp.example').length]).toEqual([0, 1]);
    await service.restart();
    expect(await service.installation.operational.scan('deferred-mail', { limit: 10 })).toMatchObject([{ value: { times: 1 } }]);
  });

  it('nothing that a person writes becomes a header or another recipient', async () => {
    const answer = await service.call('POST', '/v1/invitations', { email: 'a@smtp.example\r\nBcc: evil@smtp.example', role: 'crew' }, { token: biz.owner.token });
    expect(problemOf(answer)).toBe('validation');
    await invite('header@smtp.example', { displayName: 'Bcc: <evil@smtp.example>, "x" =?utf-8?q?=0ABcc?=' });
    await settled();
    expect(server.envelopes.at(-1)!.to).toEqual(['header@smtp.example']);
    expect([...to('header@smtp.example')[0]!.headers.keys()]).not.toContain('bcc');
  });
});
