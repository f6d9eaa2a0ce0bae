import { join } from 'node:path';
import type { BusinessDocument } from '@rolebook/businesses/read';
import type { UserDocument, UserView } from '@rolebook/users/read';
import { defineCommand, EXIT } from '../command';
import { AT_OPTION, BUSINESS_OPTIONS, chosenBusiness, momentGiven, onInstallation } from '../offline';
import type { Past } from '../past';
import { count, facts, table } from '../table';

export const command = defineCommand({
  summary: 'show a user, or all users of a business, as they were at a moment',
  positionals: [],
  options: {
    ...BUSINESS_OPTIONS,
    user: { type: 'string', value: 'ID', help: 'only this user, with why each permission is what it is' },
    at: AT_OPTION,
  },
  description: `
Folds the log itself, event by event, up to the moment, and asks no read model: so the answer can be held against what the
service says (GET /v1/users?at=...). Works beside a running service and without one. Erased persons show as Erased user,
before their erasure too: what was theirs can be read by nobody any more.`,
  examples: [
    { does: 'everybody, as of now', command: 'auditor replay' },
    { does: 'everybody, as of a moment, for a program', command: 'auditor replay --at 2026-11-24T09:30:00Z --json' },
    { does: 'one user on New Year\'s Eve in Bangkok', command: 'auditor replay --user 0193e2b0-7c1a-7000-8000-000000000001 --at 2026-12-31T23:59:59+07:00' },
  ],
  async run({ options, terminal }) {
    const at = momentGiven(options.at);
    const { replayLog } = (await import(join(__dirname, '../past'))) as typeof import('../past');
    const past = await onInstallation(options, (foundation) => replayLog(foundation, at, terminal));
    if (past.unreadable > 0) terminal.err(`${count(past.unreadable, ['event', 'events'])} of a newer version could not be read and do not count\n`);
    const users = await views(past, at);
    if (options.user !== undefined) {
      const user = users.find(({ view }) => view.id === options.user);
      if (!user) {
        terminal.err(`there is no user ${options.user} at that moment\n`);
        return EXIT.failed;
      }
      terminal.out(options.json ? `${JSON.stringify({ ...user.view, permissionsBecause: user.why })}\n` : describe(user));
      return EXIT.ok;
    }
    const business = chosenBusiness(past.businesses, options.business);
    const theirs = users.filter(({ document }) => document.businessId === business.id).sort(byName).map(({ view }) => view);
    terminal.out(options.json ? `${JSON.stringify({ business: shown(business), at, users: theirs })}\n` : list(business, theirs));
    return EXIT.ok;
  },
});

interface User { readonly document: UserDocument; readonly view: UserView; readonly why: Awaited<ReturnType<typeof reasons>> }

async function views(past: Past, at: string | null): Promise<User[]> {
  const { userView } = await import('@rolebook/users/read.js');
  const now = at === null ? Date.now() : Date.parse(at);
  return Promise.all([...past.users.values()].map(async (document) => ({
    document, view: userView(document, { now, policy: past.businesses.get(document.businessId)?.twoFactorPolicy ?? 'off' }), why: await reasons(past, document),
  })));
}

async function reasons(past: Past, document: UserDocument) {
  const { explainPermissions, nameOfDocument } = await import('@rolebook/users/read.js');
  const nameOf = (id: string) => { const user = past.users.get(id); return user ? nameOfDocument(user) : null; };
  return explainPermissions(document, nameOf).modules;
}

function byName(a: User, b: User): number {
  const [x, y] = [`${a.document.sortName}\0${a.view.id}`, `${b.document.sortName}\0${b.view.id}`];
  return x < y ? -1 : 1;
}

function shown({ id, name, slug, twoFactorPolicy }: BusinessDocument): object {
  return { id, name, slug, twoFactorPolicy };
}

function list(business: BusinessDocument, users: readonly UserView[]): string {
  const rows = users.map(({ id, displayName, email, role, status, twoFactor, overrides }) => [
    displayName ?? '', email, role, status, twoFactor.enabled ? 'yes' : twoFactor.required ? 'missing' : 'no', Object.entries(overrides).map(([module, level]) => `${module}: ${level}`).join(', '), id,
  ]);
  return `${facts([['Business', `${business.name} (${business.slug})`], ['Users', count(users.length)], ['Two-factor policy', business.twoFactorPolicy]])}\n${table(['NAME', 'EMAIL', 'ROLE', 'STATUS', '2FA', 'OVERRIDES', 'ID'], rows)}`;
}

function describe({ view, why }: User): string {
  const { id, displayName, email, role, status, phone, twoFactor, createdAt, deactivatedAt, revision } = view;
  const about = facts([
    ['User', id], ['Name', displayName ?? '-'], ['E-mail', email || '-'], ['Phone', phone ?? '-'], ['Role', role], ['Status', status],
    ['Two-factor', twoFactor.enabled ? `since ${twoFactor.enabledAt ?? ''}` : twoFactor.required ? 'required and missing' : 'no'],
    ['Created', createdAt], ...(deactivatedAt === null ? [] : [['Deactivated', deactivatedAt] as const]), ['Revision', String(revision)],
  ]);
  const rows = Object.entries(why).map(([module, { level, source, since, by, eventId }]) => [module, level, source, since, by ? (by.displayName ?? by.id) : 'the system', eventId]);
  return `${about}\n${table(['MODULE', 'LEVEL', 'FROM', 'SINCE', 'BY', 'EVENT'], rows)}`;
}

