import { InMemoryDocumentStore } from '@rolebook/document-store/in-memory';
import type { Collection } from '@rolebook/document-store';
import { allReadModels } from '@rolebook/installation';
import type { CollectionSpec } from '@rolebook/kernel';
import { Projector } from '@rolebook/projecting';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { business, expectStatus, invited, member, PASSWORD, problemOf, Service, signIn, unique, type Business, type Person } from './harness';
import { ProjectorProcess } from './projector-process';

const ROOT = join(__dirname, '..', '..');

/** Documents without what stands in them outside the log's order. */
const withoutLastSeen = (document: object | null): object | null => document && { ...document, lastSeenAt: null };

class RecordingStore extends InMemoryDocumentStore {
  readonly specs: CollectionSpec[] = [];
  override open<Doc extends { readonly id: string }>(spec: CollectionSpec): Promise<Collection<Doc>> {
    if (!this.specs.some(({ name }) => name === spec.name)) this.specs.push(spec);
    return super.open<Doc>(spec);
  }
}

const percentile = (values: readonly number[], share: number): number => [...values].sort((a, b) => a - b)[Math.ceil(values.length * share) - 1]!;

const several = process.env.ROLEBOOK_TEST_ENGINES === 'on' ? describe : describe.skip;

several('two api nodes and two projectors on the same servers', () => {
  let a: Service;
  let b: Service;
  let biz: Business;
  const projectors: ProjectorProcess[] = [];
  const startProjector = () => {
    const projector = ProjectorProcess.start(a.environment);
    projectors.push(projector);
    return projector;
  };

  beforeAll(async () => {
    a = await Service.start({ ROLEBOOK_HOST_FOLLOWERS: 'off' });
    b = await a.beside();
    await startProjector().working();
    biz = await business(a);
  }, 180_000);
  afterAll(async () => {
    await Promise.all(projectors.map((projector) => projector.stop()));
    await b.close();
    await a.dispose();
  });

  const status = async (node: Service, token: string, path = '/v1/authorization?module=quotes&level=read') => (await node.call('GET', path, undefined, { token })).status;
  /** Asks until the answer is that; how often to ask is nobody's promise, that it comes is. @returns milliseconds */
  const soon = async (node: Service, token: string, wanted: number, path?: string): Promise<number> => {
    const began = performance.now();
    while ((await status(node, token, path)) !== wanted) await new Promise((resolve) => setTimeout(resolve, 2));
    return performance.now() - began;
  };
  const asOwner = (more: Record<string, string> = {}) => ({ token: biz.owner.token, headers: more });
  const after = (position: string) => ({ 'rolebook-after': position });

  describe('what one node ends, the other refuses soon', () => {
    const took: number[] = [];
    afterAll(() => process.stderr.write(`refused on the other node after: median ${percentile(took, 0.5).toFixed(1)} ms, p99 ${percentile(took, 0.99).toFixed(1)} ms (${took.length} measured)\n`));
    let crew: Person;
    beforeAll(async () => { crew = await member(a, biz, 'crew'); });

    it('an ended session', async () => {
      for (let round = 0; round < 20; round++) {
        const session = await signIn(a, biz.slug, crew.email);
        expect(await status(b, session.token)).toBe(204);
        expectStatus(await a.call('DELETE', `/v1/users/${crew.id}/sessions/${session.sessionId}`, undefined, asOwner()), 204);
        took.push(await soon(b, session.token, 401));
      }
    });

    it('a level that went with a role', async () => {
      const session = await signIn(a, biz.slug, crew.email);
      const jobs = '/v1/authorization?module=jobs&level=write';
      for (let round = 0; round < 4; round++) {
        expectStatus(await a.call('PUT', `/v1/users/${crew.id}/role`, { role: 'crew' }, asOwner()), 200);
        await soon(b, session.token, 204, jobs);
        expectStatus(await a.call('PUT', `/v1/users/${crew.id}/role`, { role: 'sales' }, asOwner()), 200);
        took.push(await soon(b, session.token, 403, jobs));
      }
    });

    it('a deactivated user, in every session', async () => {
      const sessions = [await signIn(a, biz.slug, crew.email), await signIn(b, biz.slug, crew.email)];
      for (const { token } of sessions) expect(await status(b, token)).toBe(204);
      expectStatus(await a.call('POST', `/v1/users/${crew.id}/deactivate`, {}, asOwner()), 200);
      for (const { token } of sessions) took.push(await soon(b, token, 401));
    });
  });

  describe('what one node has acknowledged, the other shows to whoever asks for it', () => {
    it('by Rolebook-After, in lists and alone', async () => {
      for (let round = 0; round < 5; round++) {
        const email = `${unique('after')}@${biz.slug}.example`;
        const made = await a.call('POST', '/v1/invitations', { email, role: 'crew' }, asOwner());
        const headers = asOwner(after(made.headers['rolebook-position']!));
        expect((await b.call('GET', `/v1/users/${made.body.id}`, undefined, headers)).body).toMatchObject({ email, status: 'invited' });
        expect((await b.call('GET', `/v1/users?q=${email.split('@')[0]}`, undefined, headers)).body.items).toHaveLength(1);
      }
    });

    it('what is not there yet is promised for later, never shown old', async () => {
      const made = await a.call('POST', '/v1/invitations', { email: `${unique('late')}@${biz.slug}.example`, role: 'crew' }, asOwner());
      const answer = await b.call('GET', `/v1/users/${made.body.id}`, undefined, asOwner(after(made.headers['rolebook-position']!)));
      if (answer.status !== 200) expect(problemOf(answer)).toBe('behind');
      else expect(answer.body.id).toBe(made.body.id);
    });
  });

  describe('one Idempotency-Key on two nodes', () => {
    it('is one invitation, and one answer', async () => {
      const body = { email: `${unique('once')}@${biz.slug}.example`, role: 'crew' };
      const key = asOwner({ 'idempotency-key': unique('key-') });
      const answers = [await a.call('POST', '/v1/invitations', body, key), await b.call('POST', '/v1/invitations', body, key)];
      expect(answers.map((answer) => answer.status)).toEqual([201, 201]);
      expect(answers[1]!.body).toEqual(answers[0]!.body);
      expect(answers[1]!.headers['rolebook-position']).toBe(answers[0]!.headers['rolebook-position']);
    });

    it('asked of both at the same moment too', async () => {
      const body = { email: `${unique('both')}@${biz.slug}.example`, role: 'crew' };
      const key = asOwner({ 'idempotency-key': unique('key-') });
      const answers = await Promise.all([a, b, a, b].map((node) => node.call('POST', '/v1/invitations', body, key)));
      const made = new Set(answers.flatMap((answer) => (answer.status === 201 ? [answer.body.id as string] : [])));
      expect(made.size).toBe(1);
      for (const answer of answers.filter(({ status }) => status !== 201)) {
        expect({ status: answer.status, problem: problemOf(answer), retryAfter: answer.headers['retry-after'] }).toEqual({ status: 503, problem: 'unavailable', retryAfter: '2' });
      }
      for (const node of [a, b]) expect((await node.call('POST', '/v1/invitations', body, key)).body.id).toBe([...made][0]);
    });
  });

  it('a signing key made on one node is known on the other at the first token', async () => {
    await a.installation.accessTokens.rotate();
    const { token } = await signIn(a, biz.slug, biz.owner.email);
    await soon(b, token, 204);
  });

  describe('a projector that is killed', () => {
    it('is followed by the one that stands by; nothing is applied twice, nothing is skipped', async () => {
      const [working] = projectors;
      const standby = startProjector();
      const invitations = Array.from({ length: 40 }, (_, n) => async () => {
        expectStatus(await (n % 2 ? a : b).call('POST', '/v1/invitations', { email: `${unique('kill')}@${biz.slug}.example`, role: 'crew' }, asOwner()), 201);
      });
      const half = Promise.all(invitations.slice(0, 20).map((invite) => invite()));
      await working!.kill();
      const killedAt = performance.now();
      await half;
      const rest = Promise.all(invitations.slice(20).map((invite) => invite()));
      await standby.working();
      process.stderr.write(`the projector that stood by worked ${Math.round(performance.now() - killedAt)} ms after the kill\n`);
      await rest;
      await caughtUp();
      await expectReadModelsAsRebuilt();
    });

    it('at every other moment too', async () => {
      for (let round = 0; round < 2; round++) {
        const working = projectors.at(-1)!;
        const next = startProjector();
        const invitations = Promise.all(Array.from({ length: 10 }, () => invited(round % 2 ? a : b, biz, 'sales')));
        await new Promise((resolve) => setTimeout(resolve, 100 + 150 * round));
        await working.kill();
        await invitations;
        await next.working();
      }
      await caughtUp();
      await expectReadModelsAsRebuilt();
    });

    async function caughtUp(): Promise<void> {
      const head = await a.installation.events.head();
      while (!(await b.installation.progress.caughtUp(head, 1_000)));
    }

    /** All documents of all collections, as a projector makes them that starts from nothing and is left in peace. */
    async function expectReadModelsAsRebuilt(): Promise<void> {
      const { events, codec, documents } = a.installation;
      const fresh = new RecordingStore();
      const projector = new Projector({ events, codec, documents: fresh, readModels: allReadModels(), onProblem: (message) => { throw new Error(message); } });
      await projector.start();
      await projector.caughtUp(await events.head(), 60_000);
      await projector.stop();
      let compared = 0;
      for (const spec of fresh.specs) {
        const everything = async (collection: Collection) => (await collection.scan({ limit: 100_000 })).map(({ id, document, position }) => ({ id, position, document: withoutLastSeen(document) }));
        const wanted = await everything(await fresh.open(spec));
        expect({ collection: spec.name, documents: await everything(await documents.open(spec)) }).toEqual({ collection: spec.name, documents: wanted });
        compared += wanted.length;
      }
      expect(compared).toBeGreaterThan(100);
    }
  });

  describe('a read model made anew by the auditor', () => {
    /** `auditor rebuild`, as operators run it. @returns its exit code, and what it printed */
    async function rebuild(): Promise<{ readonly code: number | null; readonly printed: string }> {
      const child = spawn(process.execPath, [
        join(ROOT, 'libs/worker/typescript-bootstrap.cjs'), join(ROOT, 'apps/auditor/src/main.ts'), 'rebuild', '--read-model', 'user-directory-1', '--compare', '--json',
      ], { env: { PATH: process.env.PATH, ...a.environment }, stdio: ['ignore', 'pipe', 'inherit'] });
      let printed = '';
      child.stdout.on('data', (bytes: Buffer) => { printed += bytes.toString(); });
      const [code] = (await once(child, 'exit')) as [number | null];
      return { code, printed };
    }

    it('takes the old one\'s place while changes go on: the projector stands by for that moment and works on, and every node reads the new one', async () => {
      startProjector(); // of those before, one may work still, or none
      let done = false;
      const rebuilding = rebuild().finally(() => { done = true; });
      const made: { readonly id: string; readonly position: string }[] = [];
      const change = async () => {
        const answer = await a.call('POST', '/v1/invitations', { email: `${unique('anew')}@${biz.slug}.example`, role: 'crew' }, asOwner());
        expectStatus(answer, 201);
        made.push({ id: answer.body.id, position: answer.headers['rolebook-position']! });
      };
      while (!done) await change();
      const { code, printed } = await rebuilding;
      await change();

      expect({ code, printed }).toMatchObject({ code: 0 });
      const { readModels: [model] } = JSON.parse(printed) as { readModels: { compared: Record<string, object> }[] };
      expect(Object.values(model!.compared)).toEqual([expect.objectContaining({ differed: 0, missing: 0, extra: 0 })]);
      for (const node of [a, b]) {
        for (const { id } of made) {
          const answer = await node.call('GET', `/v1/users/${id}`, undefined, asOwner(after(made.at(-1)!.position)));
          expect([answer.status, answer.body.status]).toEqual([200, 'invited']);
        }
      }
    }, 120_000);
  });

  describe('a subscription that dies without a sign', () => {
    const double = () => a.engines?.double ?? null;

    it('lets nobody decide on stale authority, and is noticed: who was ended elsewhere is refused again', async () => {
      if (!double()) return; // a real server has no faults on demand
      const admin = await member(a, biz, 'admin');
      const victim = await invited(a, biz, 'crew');
      expect(await status(b, admin.token, '/v1/users')).toBe(200);
      double()!.faults.silenceSubscriptions();
      expectStatus(await a.call('PUT', `/v1/users/${admin.id}/role`, { role: 'crew' }, asOwner()), 200);
      expect(problemOf(await b.call('DELETE', `/v1/users/${victim.id}/invitation`, undefined, { token: admin.token }))).toBe('forbidden');
      await soon(b, admin.token, 403, '/v1/users');
      expectStatus(await a.call('POST', `/v1/users/${admin.id}/deactivate`, {}, asOwner()), 200);
      await soon(b, admin.token, 401);
    });

    it('a node that the log is away from refuses to answer rather than believe its memory, and answers again when it is back', async () => {
      if (!double()) return;
      const person = await member(a, biz, 'crew');
      expect(await status(b, person.token)).toBe(204);
      await double()!.faults.goAway();
      await soon(b, person.token, 503);
      await double()!.faults.comeBack();
      await soon(b, person.token, 204);
      expect(await a.call('POST', '/v1/auth/sign-in', { business: biz.slug, email: person.email, password: PASSWORD })).toMatchObject({ status: 200 });
    });
  });
});
