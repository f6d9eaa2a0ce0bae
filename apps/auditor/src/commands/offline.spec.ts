import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { streamNames } from '@rolebook/access';
import { CommandContext } from '@rolebook/event-sourcing';
import type { Foundation } from '@rolebook/installation';
import type { DomainEvent } from '@rolebook/kernel';
import { onInstallation } from '../offline';
import { auditor, type Ran } from '../spec-helpers';

const PASSWORD = 'correct horse battery staple 42';

interface Made { readonly business: { readonly id: string }; readonly owner: { readonly id: string }; readonly password?: string }

/** Commands on a data folder that a business lives in. */
describe('auditor, on a data folder', () => {
  let data: string;
  let made: Made;
  const run = (...args: string[]): Promise<Ran> => auditor([...args, '--data', data]);
  const json = async <T>(...args: string[]): Promise<T> => {
    const { code, out, err } = await run(...args, '--json');
    if (code !== 0) throw new Error(`exit code ${code}: ${out}${err}`);
    return JSON.parse(out) as T;
  };
  /** Appends to the log what a service would have. */
  const happens = (stream: string, ...events: DomainEvent[]) => onInstallation({ data }, async ({ streams }: Foundation) => {
    const context = new CommandContext({ businessId: made.business.id, actor: { type: 'user', id: made.owner.id }, at: Date.now(), commandId: `${Math.random()}`, requestId: null, sessionId: null, ip: '192.0.2.1', device: null });
    await streams.record(stream, context, events);
  });
  const person = '0193e2b0-7c1a-7000-8000-0000000000aa';
  const invite = (userId = person, role = 'crew') => happens(streamNames.user(made.business.id, userId),
    { type: 'UserInvited', data: { userId, email: 'chai@siam.example', displayName: 'Chai', locale: 'th', role, overrides: {}, generation: 1, expiresAt: '2030-01-01T00:00:00.000Z' } },
    { type: 'InvitationAccepted', data: { userId, displayName: 'Chai', phone: null, passwordHash: 'x', previousName: 'Chai' } });

  let template: string;

  beforeAll(async () => {
    data = template = mkdtempSync(join(tmpdir(), 'auditor-template-'));
    writeFileSync(join(data, 'password'), `${PASSWORD}\n`);
    made = await json('business', 'create', '--name', 'Siam Rentals', '--slug', 'siam', '--email', 'owner@siam.example', '--owner', 'Olive Owner', '--password-file', join(data, 'password'));
  });
  afterAll(() => rmSync(template, { recursive: true }));
  beforeEach(() => {
    data = mkdtempSync(join(tmpdir(), 'auditor-data-'));
    cpSync(template, data, { recursive: true });
  });
  afterEach(() => rmSync(data, { recursive: true }));

  describe('business create', () => {
    it('makes a business with an active Super Admin', async () => {
      const { users } = await json<{ users: object[] }>('replay');
      expect(made).toEqual({ business: { id: expect.any(String), name: 'Siam Rentals', slug: 'siam' }, owner: { id: expect.any(String), email: 'owner@siam.example' } });
      expect(users).toEqual([expect.objectContaining({ id: made.owner.id, displayName: 'Olive Owner', role: 'super-admin', status: 'active' })]);
    });

    it('makes a password where none is given, and shows it', async () => {
      const other = await json<Made>('business', 'create', '--name', 'Other', '--slug', 'other', '--email', 'o@other.example', '--owner', 'Otto');
      expect(other.password).toMatch(/^[\w-]{20}$/);
    });

    it('says what is in the way, and makes nothing', async () => {
      const attempt = (...more: string[]) => run('business', 'create', '--name', 'Siam', '--email', 'o@siam.example', '--owner', 'Otto', ...more);
      expect(await attempt('--slug', 'siam')).toEqual({ code: 2, out: '', err: expect.stringContaining('Another business has this short name') });
      expect((await attempt('--slug', 'Not A Slug')).code).toBe(2);
      writeFileSync(join(data, 'short'), 'short');
      expect((await attempt('--slug', 'third', '--password-file', join(data, 'short'))).err).toContain('15');
      expect((await json<{ users: object[] }>('replay')).users).toHaveLength(1);
    });
  });

  describe('replay and access', () => {
    it('tell how it was at a moment', async () => {
      await invite();
      const before = new Date().toISOString();
      await new Promise((resolve) => setTimeout(resolve, 5));
      await happens(streamNames.user(made.business.id, person), { type: 'PermissionOverridden', data: { userId: person, module: 'invoices', from: 'none', to: 'manage', reason: null } });
      const who = async (...more: string[]) => (await json<{ items: { user: { displayName: string }; source: string }[] }>('access', '--module', 'invoices', '--level', 'manage', ...more)).items.map(({ user, source }) => [user.displayName, source]);
      expect(await who()).toEqual([['Chai', 'override'], ['Olive Owner', 'role']]);
      expect(await who('--at', before)).toEqual([['Olive Owner', 'role']]);
      const user = async (...more: string[]) => (await json<{ permissions: { invoices: string } }>('replay', '--user', person, ...more)).permissions.invoices;
      expect([await user(), await user('--at', before)]).toEqual(['manage', 'none']);
    });

    it('are tables for people', async () => {
      await invite();
      const { out } = await run('replay');
      expect(out).toMatch(/^NAME +EMAIL +ROLE +STATUS/m);
      expect(out).toMatch(/^Chai +chai@siam\.example +crew +active/m);
      expect((await run('access', '--module', 'settings', '--level', 'write')).out).toMatch(/^Olive Owner +manage +role/m);
      expect((await run('replay', '--user', person)).out).toMatch(/^jobs +write +role .* Olive Owner/m);
    });

    it('say what they cannot do', async () => {
      expect((await run('replay', '--user', made.business.id)).code).toBe(1);
      expect(await run('replay', '--at', 'noon')).toEqual({ code: 2, out: '', err: expect.stringContaining('--at noon is no time') });
      expect((await run('replay', '--at', '2999-01-01T00:00:00Z')).err).toContain('future');
      expect((await run('replay', '--at', '2001-01-01T00:00:00Z')).err).toContain('no business');
      expect((await run('replay', '--business', 'nobody')).err).toContain('there are: siam');
      expect((await run('access', '--module', 'yachts', '--level', 'read')).err).toContain('customers, quotes');
      expect((await auditor(['replay', '--data', join(data, 'nowhere')])).err).toContain('there is no installation');
    });

    it('ask which business, once there are two', async () => {
      await json('business', 'create', '--name', 'Other', '--slug', 'other', '--email', 'o@other.example', '--owner', 'Otto');
      expect((await run('replay')).err).toContain('choose with --business, of other, siam');
      expect((await json<{ users: { displayName: string }[] }>('replay', '--business', 'other')).users.map(({ displayName }) => displayName)).toEqual(['Otto']);
    });
  });

  describe('rebuild', () => {
    it('makes all read models, or one', async () => {
      await invite();
      const { readModels } = await json<{ readModels: { name: string; documents: Record<string, number>; parked: unknown[] }[] }>('rebuild');
      expect(readModels.map(({ name }) => name)).toEqual(expect.arrayContaining(['user-directory-1', 'audit-1', 'user-history-2']));
      expect(readModels.find(({ name }) => name === 'user-directory-1')!.documents).toEqual({ 'user-directory-1': 2 });
      expect((await run('rebuild', '--read-model', 'user-directory-1')).out).toMatch(/^user-directory-1 +/m);
      const again = await json<{ readModels: { compared: unknown }[] }>('rebuild', '--read-model', 'user-directory-1', '--compare');
      expect(again.readModels.map(({ compared }) => compared)).toEqual([{ 'user-directory-1': { equal: 2, differed: 0, missing: 0, extra: 0, undecided: 0, examples: [] } }]);
      expect((await run('rebuild', '--read-model', 'nothing-1')).err).toContain('user-directory-1');
    });

    it('names streams that hold what cannot be applied', async () => {
      await onInstallation({ data }, async ({ stores }) => { await stores.events.append('user-x', 'any', [{ id: person, type: 'ProfileEdited', data: 'no json', metadata: '{}' }]); });
      const { code, out } = await run('rebuild', '--read-model', 'user-directory-1');
      expect(code).toBe(1);
      expect(out).toMatch(/^user-directory-1 +user-x +/m);
    });
  });

  describe('reapply-erasures', () => {
    it('erases again whom the log of a backup still knows', async () => {
      await invite();
      const ledger = join(data, 'ledger.ndjson');
      writeFileSync(ledger, `${JSON.stringify({ subject: person, at: '2026-01-01T00:00:00.000Z' })}\n`);
      expect(await json('reapply-erasures', '--ledger', ledger)).toEqual({ erasures: [{ subject: person, at: '2026-01-01T00:00:00.000Z', outcome: 'written' }] });
      expect(await json('replay', '--user', person)).toEqual(expect.objectContaining({ status: 'erased', displayName: 'Erased user', email: '' }));
      expect(readFileSync(join(data, 'keys.db')).includes(person)).toBe(true);
      expect(await json('reapply-erasures')).toEqual({ erasures: [expect.objectContaining({ subject: person, outcome: 'known' })] });
    });

    it('says where a business is left without a Super Admin', async () => {
      const ledger = join(data, 'ledger.ndjson');
      writeFileSync(ledger, JSON.stringify({ subject: made.owner.id, at: '2026-01-01T00:00:00.000Z' }));
      const { code, out } = await run('reapply-erasures', '--ledger', ledger);
      expect(code).toBe(1);
      expect(out).toContain('NO SUPER ADMIN');
    });

    it('refuses a ledger that is none, and touches nothing', async () => {
      writeFileSync(join(data, 'ledger'), '{"subject":"x"}');
      expect((await run('reapply-erasures', '--ledger', join(data, 'ledger'))).err).toContain('line 1');
      expect(await run('reapply-erasures')).toEqual({ code: 0, out: 'the ledger is empty: nobody was erased\n', err: '' });
    });
  });
});
