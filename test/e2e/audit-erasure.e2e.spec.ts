import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { parseCheckpoint, parseVerifierKey, splitLines, verifyExport } from '@rolebook/audit/proof';
import { business, expectStatus, member, problemOf, Service, signIn, type Answer, type Business, type Person } from './harness';

const NAME = 'Zebulon Quartzhammer';
const PHONE = '+66898765432';
const DEVICE = 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0';

function filesUnder(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? filesUnder(path) : [path];
  });
}

/** Files in which any of the texts stands, in UTF-8, UTF-16, hexadecimal or base64, whatever the case. */
function filesWith(folder: string, texts: readonly string[]): string[] {
  const forms = texts.flatMap((text) => {
    const bytes = Buffer.from(text);
    // In base64 a text looks in three ways, after what comes before it.
    const encoded = [0, 1, 2].map((shift) => Buffer.concat([Buffer.alloc(shift), bytes]).toString('base64').slice(shift === 0 ? 0 : shift + 1, -4));
    return [bytes.toString('latin1').toLowerCase(), Buffer.from(text, 'utf16le').toString('latin1').toLowerCase(), bytes.toString('hex'), ...encoded.map((form) => form.toLowerCase())];
  });
  return filesUnder(folder).filter((file) => {
    const content = readFileSync(file).toString('latin1').toLowerCase();
    return forms.some((form) => content.includes(form));
  });
}

describe('the erasure of a person', () => {
  let service: Service;
  let biz: Business;
  let person: Person;
  let before: { export: Buffer; checkpoint: string; key: string };
  const owner = () => ({ token: biz.owner.token });
  const get = (path: string): Promise<Answer> => service.call('GET', path, undefined, owner());
  const download = async (path: string) => Buffer.from(await (await fetch(`${await service.http.getUrl()}${path}`, { headers: { authorization: `Bearer ${biz.owner.token}` } })).arrayBuffer());
  const pictures = async () => filesUnder(await service.storedFiles()).filter((file) => file.includes('avatars') && statSync(file).size > 0);
  const traces = () => [NAME, 'Quartzhammer', person.email, person.email.split('@')[0]!, PHONE, PHONE.slice(3), 'Firefox on Linux'];

  beforeAll(async () => {
    service = await Service.start({ ROLEBOOK_TRUSTED_PROXIES: '127.0.0.1' });
    await service.port();
    biz = await business(service);
    person = await member(service, biz, 'admin', { name: NAME });
    const from = { token: person.token, headers: { 'user-agent': DEVICE, 'x-forwarded-for': '198.51.100.77' } };
    expectStatus(await service.call('POST', '/v1/auth/sign-in', { business: biz.slug, email: person.email, password: 'correct horse battery staple 42' }, { headers: from.headers }), 200);
    expectStatus(await service.call('PATCH', '/v1/me', { phone: PHONE, displayName: `${NAME} II` }, from), 200);
    expectStatus(await service.call('POST', '/v1/invitations', { email: `friend@${biz.slug}.example`, role: 'crew' }, from), 201);
    const picture = await sharp({ create: { width: 64, height: 64, channels: 3, background: 'teal' } }).png().toBuffer();
    const uploaded = await fetch(`${await service.http.getUrl()}/v1/me/avatar`, { method: 'PUT', body: new Uint8Array(picture), headers: { authorization: `Bearer ${person.token}`, 'content-type': 'image/png' } });
    expect(uploaded.status).toBe(200);
    await service.mailTo(`friend@${biz.slug}.example`);
    before = { export: await download('/v1/audit/export?format=ndjson'), checkpoint: JSON.stringify((await get('/v1/audit/checkpoint')).body), key: (await service.call('GET', '/.well-known/rolebook-audit-key')).text };
  });
  afterAll(() => service.dispose());

  it('looks for what there is to find', async () => {
    await service.installation.documents.scrub();
    expect(filesWith(await service.storedFiles(), [NAME]).length).toBeGreaterThan(0);
    expect(filesWith(await service.storedFiles(), [person.email]).length).toBeGreaterThan(0);
    expect(filesWith(await service.storedFiles(), ['198.51.100.77']).length).toBeGreaterThan(0);
    expect(await pictures()).toHaveLength(1);
  });

  it('needs the address typed again, and a Super Admin, and is no self-service', async () => {
    const erase = (id: string, email: string, token: string) => service.call('POST', `/v1/users/${id}/erase`, { email }, { token });
    expect(problemOf(await erase(person.id, 'somebody.else@example.com', biz.owner.token))).toBe('email-mismatch');
    expect(problemOf(await erase(person.id, person.email, person.token))).toBe('forbidden');
    expect(problemOf(await erase(biz.owner.id, biz.owner.email, biz.owner.token))).toBe('forbidden');
    const foreseen = await service.call('POST', `/v1/users/${person.id}/erase?dryRun=true`, { email: person.email }, owner());
    expect(foreseen.body.events.map(({ type }: { type: string }) => type)).toEqual(['UserErased']);
    expect((await get(`/v1/users/${person.id}`)).body.displayName).toBe(`${NAME} II`);
  });

  it('leaves nothing of the person in plain, in any file', async () => {
    const erased = await service.call('POST', `/v1/users/${person.id}/erase`, { email: person.email.toUpperCase() }, owner());
    expectStatus(erased, 200);
    expect(erased.body).toEqual(expect.objectContaining({ status: 'erased', displayName: 'Erased user', email: '', phone: null, avatarUrl: null, lastSeenAt: null }));
    expect(problemOf(await service.call('GET', '/v1/me', undefined, { token: person.token }))).toBe('unauthenticated');
    expect(filesWith(await service.storedFiles(), [...traces(), '198.51.100.77'])).toEqual([]);
    expect(await pictures()).toEqual([]);
  });

  it('nor after a restart', async () => {
    await service.restart();
    await service.port();
    expect(filesWith(await service.storedFiles(), [...traces(), '198.51.100.77'])).toEqual([]);
  });

  it('lets history keep its shape, with another name', async () => {
    const { body } = await get(`/v1/audit?user=${person.id}&order=asc&limit=200`);
    expect(body.items.length).toBeGreaterThan(4);
    for (const entry of body.items) expect(entry.user).toEqual({ id: person.id, displayName: 'Erased user' });
    const deeds = (await get(`/v1/audit?actor=${person.id}&limit=200`)).body.items;
    expect(deeds.map(({ action }: { action: string }) => action)).toEqual(expect.arrayContaining(['user.invited', 'user.profile-edited', 'session.started']));
    for (const { actor, context } of deeds) expect([actor.displayName, context.ip, context.device]).toEqual(['Erased user', null, null]);
    const past = (await get(`/v1/users/${person.id}/history`)).body.items.flatMap(({ after }: { after: object | null }) => after ?? []);
    for (const user of past) expect(user).toEqual(expect.objectContaining({ displayName: 'Erased user', email: '', phone: null }));
    expect(JSON.stringify(past)).not.toContain('Quartz');
    expect((await get(`/v1/users?status=erased&q=erased`)).body.items).toEqual([]);
  });

  it('breaks no proof: exports and checkpoints from before verify, and the new export contains the old history', async () => {
    const key = parseVerifierKey(before.key);
    expect(await verifyExport(splitLines([before.export]), { checkpoint: parseCheckpoint(before.checkpoint), key })).toEqual(expect.objectContaining({ ok: true, problems: [] }));
    const now = await download('/v1/audit/export?format=ndjson');
    expect(now.toString()).not.toContain('Quartz');
    expect(await verifyExport(splitLines([now]), { checkpoint: parseCheckpoint(before.checkpoint), key })).toEqual(expect.objectContaining({ ok: true, problems: [] }));
  });

  it('frees the address, for somebody new', async () => {
    const again = await service.call('POST', '/v1/invitations', { email: person.email, role: 'crew' }, owner());
    expectStatus(again, 201);
    expect(again.body.id).not.toBe(person.id);
    expect(again.body).toEqual(expect.objectContaining({ displayName: null, status: 'invited' }));
  });

  it('a second time changes nothing', async () => {
    const size = async () => (await get('/v1/audit/checkpoint')).body.size as number;
    const held = await size();
    expectStatus(await service.call('POST', `/v1/users/${person.id}/erase`, { email: person.email }, owner()), 200);
    expect(await size()).toBe(held);
  });

  it('the last Super Admin stays', async () => {
    const second = await member(service, biz, 'super-admin');
    const erase = (id: string, email: string, token: string) => service.call('POST', `/v1/users/${id}/erase`, { email }, { token });
    expectStatus(await erase(biz.owner.id, biz.owner.email, second.token), 200);
    expect(problemOf(await erase(second.id, second.email, biz.owner.token))).toBe('unauthenticated');
    expect((await service.call('GET', '/v1/users?role=super-admin', undefined, { token: second.token })).body.items).toHaveLength(1);
    await signIn(service, biz.slug, second.email);
  });
});
