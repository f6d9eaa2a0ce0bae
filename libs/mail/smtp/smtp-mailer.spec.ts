import { createServer, type Socket } from 'node:net';
import { mailerContract } from '../mailer.contract';
import { MailDeferred, MailRejected, MailUnavailable } from '../port';
import { aMail } from '../spec-helpers';
import { SmtpMailer, type SmtpOptions } from './index';
import { reply, type ServerUnderTest, smtpServer, TEST_CERTIFICATE } from './spec-helpers';

const from = { name: 'JingjaiOps', address: 'no-reply@app.example' };
const accounts: NonNullable<Parameters<typeof smtpServer>[0]>['onAuth'] = ({ username, password }, _session, done) => {
  if (username === 'rolebook' && password === 'p@ss:w/rd%') done(null, { user: username });
  else done(reply(535));
};
const LOGIN = 'rolebook:p%40ss%3Aw%2Frd%25';

mailerContract('SMTP', async () => {
  const server = await smtpServer();
  const mailer = new SmtpMailer({ url: `smtp://127.0.0.1:${server.port}`, from });
  return {
    mailer,
    received: async () => server.received,
    async stop() {
      await mailer.close();
      await server.stop();
    },
  };
});

describe('a mail by SMTP', () => {
  const opened: { close?(): Promise<void>; stop?(): Promise<void> }[] = [];
  afterEach(async () => {
    for (const thing of opened.splice(0).reverse()) await (thing.close?.() ?? thing.stop?.());
  });
  const serve = async (...args: Parameters<typeof smtpServer>): Promise<ServerUnderTest> => {
    const server = await smtpServer(...args);
    opened.push(server);
    return server;
  };
  const mailer = (url: string, more: Partial<SmtpOptions> = {}): SmtpMailer => {
    const made = new SmtpMailer({ url, from, ...more });
    opened.push(made);
    return made;
  };

  it('goes to the one recipient, from the configured sender', async () => {
    const server = await serve();
    await mailer(`smtp://127.0.0.1:${server.port}`).send(aMail());

    expect(server.envelopes).toEqual([{ from: 'no-reply@app.example', to: ['ann@biz.example'], encrypted: false, user: null }]);
  });

  it.each([
    ['smtps', { secure: true }],
    ['smtp+starttls', { hideSTARTTLS: false }],
    ['smtp', { hideSTARTTLS: false }],
  ])('is encrypted and signed in over %s', async (scheme, options) => {
    const server = await serve({ ...options, authOptional: false, onAuth: accounts });
    await mailer(`${scheme}://${LOGIN}@localhost:${server.port}`, { ca: TEST_CERTIFICATE }).send(aMail());

    expect(server.envelopes).toEqual([{ from: 'no-reply@app.example', to: ['ann@biz.example'], encrypted: true, user: 'rolebook' }]);
  });

  it('waits rather than go unencrypted where STARTTLS is insisted on', async () => {
    const server = await serve();

    await expect(mailer(`smtp+starttls://127.0.0.1:${server.port}`).send(aMail())).rejects.toThrow(MailUnavailable);
    expect(server.envelopes).toEqual([]);
  });

  it.each([['smtps', { secure: true }], ['smtp', { hideSTARTTLS: false }]])('waits where nobody vouches for the server (%s)', async (scheme, options) => {
    const server = await serve(options);

    await expect(mailer(`${scheme}://127.0.0.1:${server.port}`).send(aMail())).rejects.toThrow(MailUnavailable);
    expect(server.envelopes).toEqual([]);
  });

  it.each([[550], [553], [552], [501]])('is refused for good by %i to the recipient', async (code) => {
    const server = await serve({ onRcptTo: (_address, _session, done) => done(reply(code)) });

    await expect(mailer(`smtp://127.0.0.1:${server.port}`).send(aMail())).rejects.toThrow(MailRejected);
  });

  it('is refused for good by 554 to its contents', async () => {
    const server = await serve({ onData: (stream, _session, done) => { stream.resume().on('end', () => done(reply(554))); } });

    await expect(mailer(`smtp://127.0.0.1:${server.port}`).send(aMail())).rejects.toThrow(MailRejected);
  });

  it.each([[450], [451], [452]])('is put off, for itself alone, by %i to the recipient', async (code) => {
    const server = await serve({ onRcptTo: (_address, _session, done) => done(reply(code)) });

    await expect(mailer(`smtp://127.0.0.1:${server.port}`).send(aMail())).rejects.toThrow(MailDeferred);
  });

  it.each([[421], [503], [530]])('can be tried again after %i to the recipient', async (code) => {
    const server = await serve({ onRcptTo: (_address, _session, done) => done(reply(code)) });

    await expect(mailer(`smtp://127.0.0.1:${server.port}`).send(aMail())).rejects.toThrow(MailUnavailable);
  });

  it('is put off, for itself alone, by 452 to its contents', async () => {
    const server = await serve({ onData: (stream, _session, done) => { stream.resume().on('end', () => done(reply(452))); } });

    await expect(mailer(`smtp://127.0.0.1:${server.port}`).send(aMail())).rejects.toThrow(MailDeferred);
  });

  it.each([
    ['the greeting', { onConnect: (_session, done) => done(reply(554)) }],
    ['the sender', { onMailFrom: (_address, _session, done) => done(reply(550)) }],
  ] satisfies [string, Parameters<typeof smtpServer>[0]][])('costs nobody the mail when the server refuses %s', async (_what, options) => {
    const server = await serve(options);

    await expect(mailer(`smtp://127.0.0.1:${server.port}`).send(aMail())).rejects.toThrow(MailUnavailable);
  });

  it('waits when signing in fails, and the password is in no message', async () => {
    const server = await serve({ hideSTARTTLS: false, authOptional: false, onAuth: accounts });
    const failure: unknown = await mailer(`smtp://rolebook:hunter2-secret@localhost:${server.port}`, { ca: TEST_CERTIFICATE }).send(aMail()).catch((error: unknown) => error);

    expect(failure).toBeInstanceOf(MailUnavailable);
    expect(String((failure as Error).message) + String((failure as Error).cause)).not.toContain('hunter2');
  });

  it('goes out when a server that was away is back', async () => {
    const gone = await smtpServer();
    const sender = mailer(`smtp://127.0.0.1:${gone.port}`);
    await sender.send(aMail({ messageId: '1@app.example' }));
    await gone.stop();
    await expect(sender.send(aMail({ messageId: '2@app.example' }))).rejects.toThrow(MailUnavailable);
    const back = await serve({}, gone.port);
    await sender.send(aMail({ messageId: '2@app.example' }));

    expect(back.received.map((mail) => mail.messageId)).toEqual(['<2@app.example>']);
  });

  it.each([
    ['hangs up at once', (socket: Socket) => { socket.destroy(); }],
    ['hangs up in mid-conversation', (socket: Socket) => { socket.write('220 here\r\n'); socket.once('data', () => socket.destroy()); }],
    ['says nothing', () => undefined],
    ['is no mail server', (socket: Socket) => { socket.write('HTTP/1.1 400 Bad Request\r\n\r\n'); }],
  ])('can be tried again after a server that %s', async (_what, behave) => {
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket.on('error', () => undefined));
      behave(socket);
    });
    await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', () => resolve()); });
    const { port } = server.address() as { port: number };
    try {
      await expect(mailer(`smtp://127.0.0.1:${port}`, { timeoutMilliseconds: 200 }).send(aMail())).rejects.toThrow(MailUnavailable);
    } finally {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => { server.close(resolve); });
    }
  });
});
