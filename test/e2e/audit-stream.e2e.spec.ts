import { get, type IncomingMessage } from 'node:http';
import { business, expectStatus, member, problemOf, Service, signIn, type Business, type Person } from './harness';

/** A reader of server-sent events, as a browser would be one. */
class Reader {
  readonly ids: string[] = [];
  readonly entries: { id: string; action: string; position: number }[] = [];
  closed = false;
  private text = '';

  private constructor(private readonly answer: IncomingMessage) {
    answer.setEncoding('utf8').on('data', (chunk: string) => this.read(chunk)).on('error', () => undefined).on('close', () => { this.closed = true; });
  }

  static async open(url: string, token: string, last?: string): Promise<Reader> {
    const headers = { authorization: `Bearer ${token}`, ...(last === undefined ? {} : { 'last-event-id': last }) };
    const answer = await new Promise<IncomingMessage>((resolve, reject) => { get(url, { headers, agent: false }, resolve).on('error', reject); });
    expect(answer.statusCode).toBe(200);
    expect(answer.headers['content-type']).toBe('text/event-stream');
    return new Reader(answer);
  }

  async until(done: () => boolean): Promise<void> {
    while (!done()) await new Promise((resolve) => setTimeout(resolve, 10));
  }

  close(): void { this.answer.destroy(); }

  private read(chunk: string): void {
    const messages = (this.text + chunk).split('\n\n');
    this.text = messages.pop()!;
    for (const message of messages) {
      const fields = new Map(message.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)] as const));
      if (!fields.has('id')) continue;
      this.ids.push(fields.get('id')!);
      this.entries.push(JSON.parse(fields.get('data')!) as Reader['entries'][number]);
    }
  }
}

describe('the audit log as it grows', () => {
  let service: Service;
  let biz: Business;
  let auditor: Person;
  const stream = async (query = '') => `${await service.http.getUrl()}/v1/audit/stream${query}`;
  const rename = async (n: number) => expectStatus(await service.call('PATCH', '/v1/me', { displayName: `Olive ${n}` }, { token: biz.owner.token }), 200);
  const history = async (): Promise<string[]> => (await service.call('GET', '/v1/audit?order=asc&limit=200', undefined, { token: biz.owner.token })).body.items.map(({ id }: { id: string }) => id);

  beforeAll(async () => {
    service = await Service.start();
    await service.port();
    biz = await business(service);
    auditor = await member(service, biz, 'crew', { name: 'Anna Auditor', overrides: { settings: 'read' } });
  });
  afterAll(() => service.dispose());

  it('begins with what happens from now on', async () => {
    const reader = await Reader.open(await stream('?action=user.profile-edited'), auditor.token);
    await rename(1);
    await reader.until(() => reader.ids.length > 0);
    expect(reader.entries).toEqual([expect.objectContaining({ action: 'user.profile-edited', changes: [{ field: 'displayName', from: 'Olive Owner', to: 'Olive 1' }] })]);
    reader.close();
  });

  it('misses none and repeats none over reconnects and a restart', async () => {
    const before = await history();
    const received: string[] = [];
    let last = before[0]!;
    let renamed = 1;
    for (let round = 0; round < 4; round++) {
      if (round === 2) {
        await service.restart();
        await service.port();
      }
      const reader = await Reader.open(await stream(), auditor.token, last);
      const renames = Array.from({ length: 5 }, () => rename(++renamed));
      await reader.until(() => reader.ids.length > 2);
      reader.close();
      await Promise.all(renames);
      received.push(...reader.ids);
      last = received.at(-1)!;
    }
    const rest = await Reader.open(await stream(), auditor.token, last);
    const all = await history();
    await rest.until(() => rest.ids.includes(all.at(-1)!));
    rest.close();
    received.push(...rest.ids);
    expect(received).toEqual((await history()).slice(1, received.length + 1));
    expect(received).toEqual(expect.arrayContaining(all.slice(1)));
  });

  it('ends when the session does', async () => {
    const own = await signIn(service, biz.slug, auditor.email, auditor.id);
    const reader = await Reader.open(await stream(), own.token);
    expectStatus(await service.call('POST', '/v1/auth/sign-out', undefined, { token: own.token }), 204);
    await reader.until(() => reader.closed);
    expect(reader.entries.map(({ action }) => action)).not.toContain('session.signed-out');
  });

  it('ends when the right to see it is taken away', async () => {
    const reader = await Reader.open(await stream(), auditor.token);
    expectStatus(await service.call('PATCH', `/v1/users/${auditor.id}/permissions`, { overrides: { settings: null } }, { token: biz.owner.token }), 200);
    await reader.until(() => reader.closed);
    expect(reader.entries.map(({ action }) => action)).not.toContain('user.permission-override-removed');
  });

  it('does not go on after what it does not know', async () => {
    const call = (id: string) => service.call('GET', '/v1/audit/stream', undefined, { token: biz.owner.token, headers: { 'last-event-id': id } });
    expect(problemOf(await call('1'))).toBe('validation');
    expect(problemOf(await call(biz.id))).toBe('validation');
  });

  it('is open twenty times for one person at most, so that nobody takes all there are; others are not kept out', async () => {
    const url = await stream();
    const readers = await Promise.all(Array.from({ length: 20 }, () => Reader.open(url, biz.owner.token)));
    const one = () => service.call('GET', '/v1/audit/stream', undefined, { token: biz.owner.token });
    expect(problemOf(await one())).toBe('unavailable');
    const other = await business(service);
    (await Reader.open(url, other.owner.token)).close();
    for (const reader of readers) reader.close();
    let again: Reader | undefined;
    while (!again) again = await Reader.open(url, biz.owner.token).catch(() => undefined);
    again.close();
  });

  it('is not left open by a HEAD: five hundred of them once took every stream of the process, for good', async () => {
    const head = { token: biz.owner.token };
    for (let n = 0; n < 25; n++) expectStatus(await service.call('HEAD', '/v1/audit/stream', undefined, head), 200);
  });

  it('keeps no stopping service waiting', async () => {
    const reader = await Reader.open(await stream(), biz.owner.token);
    await service.restart();
    await reader.until(() => reader.closed);
  });
});
