import { Surprise } from './client';
import { linkFor } from './outbox';
import type { Person, Stage } from './stage';

type Levels = Record<string, string>;
interface User { readonly id: string; readonly displayName: string; readonly role: string; readonly status: string; readonly permissions: Levels; readonly revision: number }
interface Entry { readonly at: string; readonly action: string; readonly actor: { readonly displayName: string | null }; readonly user: { readonly displayName: string | null } | null; readonly changes: readonly { readonly field: string; readonly from: unknown; readonly to: unknown }[]; readonly reason: string | null }

const MODULES = ['customers', 'quotes', 'jobs', 'invoices', 'inventory', 'settings'];
/** 1 x 1 pixel. */
const PICTURE = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');

/** A week of a small equipment-rental business, over REST alone. @throws {Surprise} where something comes out otherwise */
export async function play(stage: Stage, outbox: string): Promise<void> {
  const { timeline, slug } = stage;
  const at = `${slug}.example`;

  timeline.chapter('A business, and who works there');
  const owner = await stage.setUp('Siam Rental & Events', { name: 'รัตนา สุขสวัสดิ์', email: `ratana@${at}` });
  await roles(stage, owner);
  const admin = await stage.joins(owner, 'Anong Priya', `anong@${at}`, 'admin', 'en');
  const crew = await stage.joins(admin, 'สมชาย ใจดี', `somchai@${at}`, 'crew', 'th');
  const sales = await stage.joins(admin, 'Malee Wong', `malee@${at}`, 'sales', 'en');
  const billing = await stage.joins(admin, 'James Whitfield', `james@${at}`, 'billing', 'en');
  await people(stage, owner);

  timeline.chapter('Who may do what');
  await permissions(stage, owner, admin, crew);
  await stage.does(admin, 'makes herself Super Admin', '403 forbidden', 'PUT', `/v1/users/${admin.id}/role`, { role: 'super-admin' });
  await stage.does(sales, 'looks at the list of users', '403 forbidden', 'GET', '/v1/users');
  await stage.does(admin, 'deactivates the owner', '403 forbidden', 'POST', `/v1/users/${owner.id}/deactivate`, {});

  timeline.chapter('What goes wrong, goes wrong cleanly');
  await mishaps(stage, owner, admin, crew, outbox, at);

  timeline.chapter('Profile and sessions');
  await profile(stage, crew);

  timeline.chapter('Somebody leaves, and comes back');
  const { body: { impact } } = await stage.does(admin, 'what if James were deactivated? (dry run)', 200, 'POST', `/v1/users/${billing.id}/deactivate?dryRun=true`, { reason: 'on parental leave' });
  timeline.note(`then: ${JSON.stringify(impact)}`);
  await stage.does(admin, 'deactivates James', 200, 'POST', `/v1/users/${billing.id}/deactivate`, { reason: 'on parental leave' });
  await stage.does(billing, 'asks for anything at all', '401 unauthenticated', 'GET', '/v1/me');
  await people(stage, owner);
  await stage.does(admin, 'reactivates James', 200, 'POST', `/v1/users/${billing.id}/reactivate`, {});
  await stage.does(billing, 'tries the old session', '401 unauthenticated', 'GET', '/v1/me');
  await stage.signIn(billing);

  timeline.chapter('How it came to be: the audit log, newest first');
  await audit(stage, owner);
}

async function roles(stage: Stage, owner: Person): Promise<void> {
  const { body } = await stage.does(owner, 'looks at the six roles', 200, 'GET', '/v1/roles');
  const rows = body.items as { label: string; levels: Levels }[];
  if (rows.length !== 6) throw new Surprise(`six roles, not ${rows.length}`);
  stage.timeline.table(['role', ...MODULES], rows.map(({ label, levels }) => [label, ...MODULES.map((module) => levels[module] ?? '')]));
}

async function people(stage: Stage, owner: Person): Promise<void> {
  const { body } = await stage.does(owner, 'lists everybody', 200, 'GET', '/v1/users?status=invited,active,deactivated&count=true');
  stage.timeline.table(['name', 'role', 'status', ...MODULES], (body.items as User[]).map((user) => [user.displayName, user.role, user.status, ...MODULES.map((module) => user.permissions[module] ?? '')]));
}

async function permissions(stage: Stage, owner: Person, admin: Person, crew: Person): Promise<void> {
  await stage.does(crew, 'wants to read invoices (a gateway asks for him)', '403 forbidden', 'GET', '/v1/authorization?module=invoices&level=read');
  await stage.does(admin, 'wants to let him: overrides are role management', '403 forbidden', 'PATCH', `/v1/users/${crew.id}/permissions`, { overrides: { invoices: 'read' } });
  const { body } = await stage.does(owner, 'lets him read invoices', 200, 'PATCH', `/v1/users/${crew.id}/permissions`, { overrides: { invoices: 'read' }, reason: 'covers for James' });
  await stage.does(crew, 'wants to read invoices', 204, 'GET', '/v1/authorization?module=invoices&level=read');
  const { invoices } = body.modules as Record<string, { level: string; default: string; source: string; by: { displayName: string } }>;
  if (invoices?.source !== 'override' || invoices.by.displayName !== owner.name) throw new Surprise(`invoices should be explained: ${JSON.stringify(invoices)}`);
  stage.timeline.note(`why: ${invoices.level} instead of ${invoices.default}, an ${invoices.source} by ${invoices.by.displayName}`);
  const dry = await stage.does(owner, 'what if he were in Operations? (dry run)', 200, 'PUT', `/v1/users/${crew.id}/role?dryRun=true`, { role: 'operations' });
  const { permissions: levels } = dry.body.impact as { permissions: Record<string, { from: string; to: string }> };
  stage.timeline.note(`then: ${Object.entries(levels).map(([module, { from, to }]) => `${module} ${from} -> ${to}`).join(', ')}`);
  const changed = await stage.does(owner, 'moves him to Operations', 200, 'PUT', `/v1/users/${crew.id}/role`, { role: 'operations', reason: 'promoted' });
  if (JSON.stringify(changed.body.removedOverrides) !== '{"invoices":"read"}') throw new Surprise('the override should have gone with the role');
  await stage.does(crew, 'manages inventory now', 204, 'GET', '/v1/authorization?module=inventory&level=manage');
}

async function mishaps(stage: Stage, owner: Person, admin: Person, crew: Person, outbox: string, at: string): Promise<void> {
  const key = { headers: { 'idempotency-key': `demo-${at}` } };
  const niran = { email: `niran@${at}`, role: 'crew', displayName: 'Niran Boon' };
  const [first, second] = [await stage.does(admin, 'invites Niran', 201, 'POST', '/v1/invitations', niran, key), await stage.does(admin, 'presses the button twice: same key, same answer', 201, 'POST', '/v1/invitations', niran, key)];
  if (first.body.id !== second.body.id) throw new Surprise('one key made two users');
  await stage.does(admin, 'invites NIRAN@..., the same address', '409 email-taken', 'POST', '/v1/invitations', { ...niran, email: niran.email.toUpperCase() });
  const old = await linkFor(outbox, niran.email);
  await stage.does(admin, 'sends the invitation again', 200, 'POST', `/v1/users/${String(first.body.id)}/invitation/resend`);
  await stage.does({ name: 'Niran Boon' }, 'opens the older link', '404 invalid-token', 'POST', '/v1/invitations/preview', { token: old });
  await stage.does(admin, 'withdraws the invitation', 204, 'DELETE', `/v1/users/${String(first.body.id)}/invitation`);
  const { headers } = await stage.does(owner, 'opens a profile to edit', 200, 'GET', `/v1/users/${crew.id}`);
  const match = { headers: { 'if-match': headers.get('etag') ?? '' } };
  await stage.does(admin, 'edits it meanwhile', 200, 'PATCH', `/v1/users/${crew.id}`, { phone: '+66812345678' });
  await stage.does(owner, 'saves over it', '412 stale', 'PATCH', `/v1/users/${crew.id}`, { phone: '+66899999999' }, match);
  await stage.does(owner, 'misspells a field', '400 validation', 'PATCH', `/v1/users/${crew.id}`, { fone: '+66899999999' });
}

async function profile(stage: Stage, crew: Person): Promise<void> {
  const phone = await stage.signIn(crew, 'phone');
  await stage.does(crew, 'uploads a picture', 200, 'PUT', '/v1/me/avatar', undefined, { bytes: { type: 'image/png', data: PICTURE } });
  await stage.does(crew, 'passes an SVG off as one', '415 unsupported-media-type', 'PUT', '/v1/me/avatar', undefined, { bytes: { type: 'image/png', data: Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>') } });
  const { body } = await stage.does(crew, 'looks at his sessions', 200, 'GET', '/v1/me/sessions');
  stage.timeline.table(['device', 'ip', 'status', 'this one'], (body.items as { device: string; ip: string; status: string; current: boolean }[]).map(({ device, ip, status, current }) => [device, ip, status, current ? 'yes' : '']));
  await stage.does(crew, 'ends the one on the phone', 204, 'DELETE', `/v1/me/sessions/${phone.sessionId}`);
  await stage.does(phone, 'the phone asks again', '401 unauthenticated', 'GET', '/v1/me');
}

async function audit(stage: Stage, owner: Person): Promise<void> {
  const { body } = await stage.does(owner, 'reads it', 200, 'GET', '/v1/audit?limit=200');
  const entries = (body.items as Entry[]).filter(({ action }) => action.startsWith('user.') || action.startsWith('access.'));
  if (entries.length < 20) throw new Surprise(`the audit log is short: ${entries.length} entries`);
  const shown = (value: unknown) => (value === null ? '-' : typeof value === 'string' ? value : JSON.stringify(value));
  stage.timeline.table(['time', 'who', 'did', 'to', 'what', 'why'], entries.slice(0, 25).map(({ at, action, actor, user, changes, reason }) => [
    at.slice(11, 19), actor.displayName ?? '-', action, user?.displayName ?? '-', changes.map(({ field, from, to }) => `${field}: ${shown(from)} -> ${shown(to)}`).join(', ').slice(0, 60), reason ?? '',
  ]));
}
