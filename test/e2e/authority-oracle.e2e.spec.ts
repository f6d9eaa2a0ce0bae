import { expectStatus, invited, member, Service } from './harness';
import { HttpClient } from './http-client';
import { OpenApiChecker, type ApiDocument } from './openapi-checker';
import { codeOf, challengeOf } from './totp';
import { ACTORS, Cast, nameOf, plain, type Known } from './authority/cast';
import { agrees, holds, isOpen, JUDGED, MODULES, LEVELS, levelsOf, mayDo, slugOf, type Actor, type Credential, type Holder, type Module, type Policy, type Role, type Verdict } from './authority/oracle';
import { requestsFor, type Props, type Request } from './authority/requests';

/** With servers a request costs ten times as much: every tenth case of the matrix is asked there, always the same ones. */
const EVERY = process.env['ROLEBOOK_TEST_ENGINES'] === 'on' ? 10 : 1;

describe('the house and an oracle that never saw it agree on who may do what', () => {
  let service: Service;
  let client: HttpClient;
  let checker: OpenApiChecker;
  let cast: Cast;
  let props: Props;
  let routes: string[];
  let challengedAt = 0;
  let asked = 0;

  beforeAll(async () => {
    service = await Service.start({ ROLEBOOK_DEAR_PER_MINUTE: '0' }); // thousands of pictures and exports, by few people
    cast = await Cast.make(service);
    client = await HttpClient.of(service);
    const document = (await service.call('GET', '/openapi.json')).body as ApiDocument;
    checker = new OpenApiChecker(document);
    routes = Object.entries(document.paths).flatMap(([path, item]) => Object.keys(item).map((method) => `${method.toUpperCase()} ${path}`));
    props = await makeProps();
  }, 120_000);
  beforeEach(async () => {
    await cast.keepFresh();
    if (service.clock.now() - challengedAt > 200_000) await challengeAnew(); // on a slow machine the suite outlives the five minutes of one
  });
  afterAll(async () => {
    client.close();
    await service.dispose();
  });

  async function makeProps(): Promise<Props> {
    const { biz, enrolled } = cast;
    const open = await invited(service, biz, 'sales');
    const forgetful = await member(service, biz, 'sales');
    expectStatus(await service.call('POST', '/v1/auth/password-reset-requests', { business: biz.slug, email: forgetful.email }), 202);
    const { items } = (await service.call('GET', '/v1/audit?limit=1&order=asc', undefined, { token: biz.owner.token })).body as { items: { id: string }[] };
    return {
      own: cast.actor, slug: biz.slug, entry: items[0]!.id, invitationToken: (await service.mailTo(open.email)).token, resetToken: (await service.mailTo(forgetful.email, 1)).token,
      refreshToken: () => cast.actor.refreshToken, challenge: '', code: () => codeOf(service, enrolled.secret), now: () => service.clock.now(),
    };
  }

  async function challengeAnew(): Promise<void> {
    props = { ...props, challenge: await challengeOf(service, cast.biz.slug, cast.enrolled.email) };
    challengedAt = service.clock.now();
  }

  /** @returns where the answer is not what the verdict says, or `null` */
  async function disagreement(request: Request, token: string | undefined, verdict: Verdict, who: string, whom: string): Promise<string | null> {
    const answer = await client.send({ ...request, headers: { ...request.headers, ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) } });
    asked++;
    checker.check({ method: request.method, path: request.path, sent: undefined, ...answer });
    return agrees(answer, verdict) ? null : `${who}: ${request.route}${request.wish ? ` ${JSON.stringify(request.wish)}` : ''} on ${whom}: answered ${slugOf(answer)}, the oracle says ${JSON.stringify(verdict)}`;
  }

  /** Asks all, and fails with what disagrees. */
  async function expectAgreement(who: Actor, token: string | undefined, cases: Iterable<{ route: string; known: Known }>, name = nameOf(who)): Promise<void> {
    const found: string[] = [];
    let n = 0;
    for (const { route, known } of cases) {
      for (const request of requestsFor(route, known, who, props)) {
        if (n++ % EVERY !== 0) continue;
        const wrong = await disagreement(request, token, mayDo(route, who, route.includes('{id}') ? known.target : null, request.wish), name, known.name);
        if (wrong) found.push(wrong);
      }
    }
    expect(found).toEqual([]);
  }

  const live = (holder: Holder, more: Partial<Actor> = {}): Actor => ({ ...holder, credential: 'live', enrolled: false, policy: 'off', ...more });
  const self = () => cast.known.find(({ target }) => target === 'self')!;
  const some = () => cast.known.find(({ name }) => name === 'crew (active)')!;
  const once = () => routes.map((route) => ({ route, known: route.includes('{id}') ? some() : self() }));
  const closed = () => once().filter(({ route }) => !isOpen(route));
  /** Routes that ask nobody who they are, half of them with a password to hash, are asked by two, and with every credential that is none. */
  const asking = (holder: Holder) => routes.filter((route) => !isOpen(route) || ['crew', 'super-admin'].includes(nameOf(holder)));
  /** Of those who may grant nothing, one role on everybody stands for the others: for these, one person of every status is enough. */
  function* onEverybody(holder: Holder) {
    const { settings } = levelsOf(holder);
    const few = holder.role === 'admin' ? !holds(settings, 'write') : holder.role !== 'crew' && !holds(settings, 'manage');
    const kind = ({ target }: Known) => (typeof target === 'object' ? target.status : target);
    const people = few ? cast.known.filter((known, i, all) => all.findIndex((other) => kind(other) === kind(known)) === i) : cast.known;
    for (const route of asking(holder)) {
      if (!route.includes('{id}')) yield { route, known: self() };
      else for (const known of people) yield { route, known };
    }
  }

  it('the oracle has a word on every route of the OpenAPI document, and on no other', () => {
    expect([...JUDGED].sort()).toEqual([...routes].sort());
  });

  describe('every role and override on everybody, over every route', () => {
    it.each(ACTORS.map((holder) => [nameOf(holder), holder] as const))('%s', async (_name, holder) => {
      await cast.become(cast.actor, holder);
      await expectAgreement(live(holder), cast.actor.token, onEverybody(holder));
    });
  });

  it('what is granted and withdrawn, for every role, module and level, is what a gateway is told', async () => {
    for (const role of ['crew', 'sales', 'billing', 'operations', 'admin'] as const) {
      for (const holder of [plain(role), ...overridesOf(role)]) {
        await cast.become(cast.actor, holder);
        await expectAgreement(live(holder), cast.actor.token, [{ route: 'GET /v1/authorization', known: self() }]);
      }
    }
  });

  it('what is no live session opens nothing that needs one', async () => {
    for (const [credential, token] of Object.entries(await cast.worthless()) as [Exclude<Credential, 'live'>, string | undefined][]) {
      await expectAgreement(live(plain('super-admin'), { credential }), token, once(), credential);
    }
  });

  describe('two-factor policy', () => {
    afterAll(() => cast.setPolicy('off'));
    const HOLDERS = [...(['crew', 'sales', 'billing', 'operations', 'admin', 'super-admin'] as const).map(plain), { role: 'admin', overrides: { settings: 'read' } }, { role: 'crew', overrides: { settings: 'write' } }, { role: 'sales', overrides: { settings: 'read' } }] as const;

    it.each(['admins', 'everyone'] as const)('%s: who is required and not enrolled can only enrol, in a session already open', async (policy: Policy) => {
      for (const holder of HOLDERS) {
        await cast.setPolicy('off');
        await cast.become(cast.actor, holder);
        await cast.setPolicy(policy);
        await expectAgreement(live(holder, { policy }), cast.actor.token, closed());
        await cast.setPolicy('off');
        await cast.become(cast.enrolled, holder);
        await cast.setPolicy(policy);
        await expectAgreement(live(holder, { policy, enrolled: true }), cast.enrolled.token, closed().filter(({ route }) => !route.includes('{sid}')), `enrolled ${nameOf(holder)}`);
      }
    });
  });

  it('asked thousands of things', () => {
    expect(asked).toBeGreaterThan(10_000 / EVERY);
  });
});

const overridesOf = (role: Role): Holder[] => MODULES.flatMap((module: Module) => LEVELS.filter((level) => level !== levelsOf(plain(role))[module]).map((level) => ({ role, overrides: { [module]: level } })));
