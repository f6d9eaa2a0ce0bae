import { business, expectStatus, invited, member, PASSWORD, Service, SETUP_TOKEN, type Answer, type Business } from '../e2e/harness';
import { enrol, type Enrolled } from '../e2e/totp';
import { PLACEHOLDER } from './from-schema';
import type { Drawn } from './requests';

interface Session { readonly name: string; readonly role: string; readonly overrides?: object; token: string | undefined }

/**
 * The service, somebody of every role to ask it, and what its answers have told so far: later requests use it. One Admin with Settings at manage
 * is kept out of reach, to put right what would lock the others out.
 */
export class World {
  private readonly pools = new Map<string, string[]>();
  private turn = 0;

  private constructor(readonly service: Service, private readonly biz: Business, private keeper: Enrolled, private readonly sessions: Session[]) {}

  static async make(): Promise<World> {
    const service = await Service.start();
    const biz = await business(service);
    const elsewhere = await business(service);
    const keeper = await enrol(service, await member(service, biz, 'admin', { overrides: { settings: 'manage' } }));
    const sessions: Session[] = [{ name: 'nobody', role: '', token: undefined }, { name: 'the owner of another business', role: '', token: elsewhere.owner.token }];
    const world = new World(service, biz, keeper, sessions);
    for (const [name, role, overrides] of ASKING) sessions.push({ name, role, overrides, token: (await member(service, biz, role, overrides ? { overrides } : {})).token });
    for (const person of [biz.owner, elsewhere.owner]) world.learn('users', person.id);
    const open = await invited(service, biz, 'sales');
    for (const [pool, ...texts] of [
      ['tokens', (await service.mailTo(open.email)).token], ['passwords', PASSWORD, 'rent a crane for the weekend 7'], ['emails', open.email, biz.owner.email, 'new@person.example', 'ใคร@ตัวอย่าง.example'], ['slugs', biz.slug], ['setupTokens', SETUP_TOKEN], ['times', new Date(service.clock.now()).toISOString()],
      ['keys', 'one-key', 'another-key'], ['codes', '000000', '123456'], ['users', '01890000-0000-7000-8000-000000000000'], ['refreshTokens', elsewhere.owner.refreshToken],
    ] as const) texts.forEach((text) => { world.learn(pool, text); });
    return world;
  }

  /** Fills in what earlier answers have told; the latest of it, for the most part. */
  fill({ headers, path, body, ...drawn }: Drawn): Drawn & { readonly who: string } {
    const session = this.sessions[drawn.as % this.sessions.length]!;
    const into = (text: string): string => {
      let filled = text;
      for (let found = PLACEHOLDER.exec(filled); found; found = PLACEHOLDER.exec(filled)) filled = filled.replace(found[0], () => this.pick(found[1]!));
      return filled;
    };
    const authorization: Record<string, string> = session.token === undefined || 'authorization' in headers ? {} : { authorization: `Bearer ${session.token}` };
    return {
      ...drawn, who: session.name, path: into(path), ...(body === undefined ? {} : { body: typeof body === 'string' ? into(body) : body }),
      headers: { ...authorization, ...Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, typeof value === 'string' ? into(value) : value])) },
    };
  }

  private pick(pool: string): string {
    const known = this.pools.get(pool) ?? [];
    return known.length === 0 ? 'nothing-yet' : known[(this.turn++ * 7) % known.length]!;
  }

  private learn(pool: string, text: string): void {
    if (text === this.keeper.id || text === this.keeper.sessionId || text === this.keeper.email) return;
    const known = this.pools.get(pool) ?? [];
    if (!known.includes(text)) known.push(text);
    if (known.length > 24) known.splice(6, 1); // what was there at first stays
    this.pools.set(pool, known);
  }

  /** Keeps ids, cursors, tokens and tags of an answer, and mends what it has broken for those to come. */
  async take(request: Drawn, answer: Answer): Promise<void> {
    this.learnFrom(answer.body);
    if (answer.headers.etag?.startsWith('"')) this.learn('etags', answer.headers.etag);
    if (answer.headers['rolebook-position']) this.learn('positions', answer.headers['rolebook-position']);
    if (answer.status >= 300 || request.method === 'GET' || request.path.includes('dryRun')) return;
    if (request.path.startsWith('/v1/settings/two-factor')) {
      await this.keepFresh();
      expectStatus(await this.service.call('PUT', '/v1/settings/two-factor', { policy: 'off' }, { token: this.keeper.token }), 200);
    }
  }

  /** Whoever's session has ended by what was asked is followed by somebody else of their kind. To be called now and then. */
  async revive(): Promise<void> {
    await this.keepFresh();
    for (const session of this.sessions) {
      if (session.role === '') continue;
      if ((await this.service.call('GET', '/v1/me', undefined, { token: session.token! })).status === 200) continue;
      session.token = (await member(this.service, { ...this.biz, owner: this.keeper }, session.role, session.overrides ? { overrides: session.overrides } : {})).token;
    }
    for (const { token } of this.service.mails().slice(-3)) if (token) this.learn('tokens', token);
  }

  private fresh = 0;
  private async keepFresh(): Promise<void> {
    if (this.service.clock.now() - this.fresh < 120_000) return;
    this.fresh = this.service.clock.now();
    const answer = await this.service.call('POST', '/v1/auth/refresh', { refreshToken: this.keeper.refreshToken });
    expectStatus(answer, 200);
    this.keeper = { ...this.keeper, token: answer.body.accessToken as string, refreshToken: answer.body.refreshToken as string };
  }

  private learnFrom(value: unknown, name = ''): void {
    if (Array.isArray(value)) value.slice(0, 5).forEach((item) => { this.learnFrom(item, name); });
    else if (typeof value === 'object' && value !== null) {
      const entry = 'position' in value;
      for (const [key, held] of Object.entries(value)) this.learnFrom(held, key === 'id' ? (entry ? 'entry' : 'device' in value && 'current' in value ? 'sid' : 'id') : key);
    } else if (typeof value === 'string' && LEARNT[name]) this.learn(LEARNT[name], value);
  }
}

const LEARNT: Readonly<Record<string, string>> = {
  id: 'users', entry: 'entries', sid: 'sessions', sessionId: 'sessions', nextCursor: 'cursors', at: 'times', createdAt: 'times', refreshToken: 'refreshTokens', challenge: 'challenges', email: 'emails', slug: 'slugs', deviceToken: 'devices', eventId: 'entries',
};

const ASKING: readonly (readonly [name: string, role: string, overrides?: object])[] = [
  ['crew', 'crew'], ['sales', 'sales'], ['billing', 'billing'], ['operations', 'operations'], ['an auditor', 'crew', { settings: 'read' }], ['an admin', 'admin'], ['a super admin', 'super-admin'], ['another super admin', 'super-admin'],
];
