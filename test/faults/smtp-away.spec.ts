import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { smtpServer, type ServerUnderTest } from '../../libs/mail/smtp/spec-helpers';
import { business, expectStatus, PASSWORD, Service, unique, type Business } from '../e2e/harness';
import { until } from './service-process';

/** Something on the port of the mail server that is no good mail server. */
class BadServer {
  private readonly sockets = new Set<Socket>();
  private constructor(private readonly server: Server) {}

  static async on(port: number, answer: (socket: Socket) => void): Promise<BadServer> {
    const server = createServer();
    const bad = new BadServer(server);
    server.on('connection', (socket) => {
      bad.sockets.add(socket);
      socket.on('error', () => undefined).on('close', () => bad.sockets.delete(socket));
      answer(socket);
    });
    await new Promise<void>((resolve) => { server.listen(port, '127.0.0.1', resolve); });
    return bad;
  }

  get port(): number { return (this.server.address() as AddressInfo).port; }
  /** Whether somebody is connected just now. */
  get isAsked(): boolean { return this.sockets.size > 0; }

  async stop(): Promise<void> {
    const closed = new Promise<void>((resolve) => { this.server.close(() => resolve()); });
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }
}

/** Speaks well until the mail itself comes, and then dies. */
function dyingHalfThroughData(seen: () => void): (socket: Socket) => void {
  return (socket) => {
    socket.write('220 bad.example ESMTP\r\n');
    let inData = false;
    socket.on('data', (bytes) => {
      if (inData) {
        seen();
        socket.destroy();
        return;
      }
      inData = /^DATA/m.test(bytes.toString());
      socket.write(inData ? '354 go on\r\n' : '250 ok\r\n');
    });
  };
}

describe('the mail server is away: changes are taken, their mails wait; once it is back each goes out, at least once, and its link works', () => {
  let service: Service;
  let biz: Business;
  let port: number;

  beforeAll(async () => {
    const free = await BadServer.on(0, () => undefined);
    port = free.port;
    await free.stop();
    service = await Service.start({ SMTP_URL: `smtp://127.0.0.1:${port}` });
    biz = await business(service);
  }, 60_000);
  afterAll(() => service.dispose());

  const invite = async (): Promise<string> => {
    const email = `${unique('mail')}@x.example`;
    expectStatus(await service.call('POST', '/v1/invitations', { email, role: 'crew' }, { token: biz.owner.token }), 201);
    return email;
  };
  const sentUpTo = () => service.installation.followers!.mails.sentUpTo;

  /** The server comes back as it should be; the service is started again so that the pause between two tries costs this spec nothing. */
  async function allArrive(emails: readonly string[]): Promise<void> {
    const server: ServerUnderTest = await smtpServer({}, port);
    try {
      await service.restart();
      await until(() => emails.every((email) => server.envelopes.some(({ to }) => to.includes(email))));
      const newest = server.received.filter((_mail, at) => server.envelopes[at]!.to.includes(emails.at(-1)!)).at(-1)!;
      const token = /#token=([\w-]+)/.exec(newest.text)?.[1];
      expectStatus(await service.call('POST', '/v1/invitations/accept', { token, displayName: 'Somebody', password: PASSWORD }), 201);
    } finally {
      await server.stop();
    }
  }

  it('it refuses connections, and comes back while the service runs', async () => {
    const before = sentUpTo();
    const emails = [await invite(), await invite()];
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(sentUpTo()).toBeLessThanOrEqual(before + 1);
    const server = await smtpServer({}, port);
    await until(() => emails.every((email) => server.envelopes.some(({ to }) => to.includes(email))), 20_000);
    expect(server.envelopes).toHaveLength(2);
    await server.stop();
  }, 30_000);

  it('it takes connections and never says a word', async () => {
    const mute = await BadServer.on(port, () => undefined);
    const emails = [await invite(), await invite()];
    await until(() => mute.isAsked);
    expectStatus(await service.call('GET', '/v1/users', undefined, { token: biz.owner.token }), 200);
    await mute.stop();
    await allArrive(emails);
  }, 60_000);

  it('it dies half-way through a mail', async () => {
    let deaths = 0;
    const dying = await BadServer.on(port, dyingHalfThroughData(() => { deaths++; }));
    const emails = [await invite()];
    await until(() => deaths > 0);
    await dying.stop();
    await allArrive(emails);
  }, 60_000);

  it('the service stops within ten seconds, though a mail is stuck in a server that says nothing; the mail is not lost', async () => {
    const mute = await BadServer.on(port, () => undefined);
    const email = await invite();
    await until(() => mute.isAsked);
    const stopped = await Promise.race([service.close().then(() => 'stopped'), new Promise((resolve) => { setTimeout(resolve, 10_000, 'stuck').unref(); })]);
    await mute.stop();
    expect(stopped).toBe('stopped');
    const server = await smtpServer({}, port);
    await service.reopen();
    await until(() => server.envelopes.some(({ to }) => to.includes(email)));
    await server.stop();
  }, 60_000);
});
