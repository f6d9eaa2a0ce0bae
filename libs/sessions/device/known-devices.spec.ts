import { CommandContext } from '@rolebook/event-sourcing';
import { createActionTokens, createMasterKey, openInstallationSecrets, type InstallationSecrets } from '@rolebook/crypto';
import { createMemoryKeyStore } from '@rolebook/crypto/in-memory';
import { InMemoryOperationalStore } from '@rolebook/operational-store/in-memory';
import { KnownDevices, type Origin } from './known-devices';

const BUSINESS = '01930000-0000-7000-8000-000000000001';
const ANNA = '01930000-0000-7000-8000-000000000002';
const BOB = '01930000-0000-7000-8000-000000000003';
const DAY = 24 * 3600 * 1000;
const CHROME = 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36';

const laptop: Origin = { ip: '203.0.113.7', userAgent: CHROME, deviceToken: undefined };
const stranger: Origin = { ip: '198.51.100.1', userAgent: 'curl/8', deviceToken: undefined };
let commands = 0;

describe('known devices', () => {
  let now: number;
  let secrets: InstallationSecrets;
  let store: InMemoryOperationalStore;
  let devices: KnownDevices;
  beforeEach(async () => {
    now = Date.UTC(2026, 10, 24);
    secrets = await openInstallationSecrets({ store: createMemoryKeyStore(), masterKey: createMasterKey(new Uint8Array(32).fill(3)) });
    store = new InMemoryOperationalStore({ now: () => now });
    devices = new KnownDevices(store, secrets, createActionTokens(secrets));
  });
  const recognise = (origin: Origin, account = ANNA) => devices.recognise(BUSINESS, account, origin);
  const context = (dryRun = false) => new CommandContext({ businessId: BUSINESS, actor: { type: 'anonymous' }, at: now, commandId: `c${commands++}`, requestId: null, sessionId: null, ip: null, device: null, dryRun });
  const signIn = async (origin: Origin, account = ANNA) => devices.remember(context(), account, origin, await recognise(origin, account));

  it('are none at first, and the first one is no news', async () => {
    expect(await recognise(laptop)).toEqual({ source: 'elsewhere', isNew: false, deviceId: null });
  });

  it('are known by network and program, also after an update of the program', async () => {
    await signIn(laptop);
    const again = await recognise({ ...laptop, userAgent: CHROME.replace('126.0.0.0', '131.2.0.1') });
    expect(again).toEqual({ source: expect.not.stringMatching('elsewhere'), isNew: false, deviceId: null });
  });

  it('are news from another network, or with another program', async () => {
    await signIn(laptop);
    for (const other of [stranger, { ...laptop, ip: '203.0.113.8' }, { ...laptop, userAgent: 'curl/8' }, { ...laptop, userAgent: undefined }]) {
      expect(await recognise(other)).toEqual({ source: 'elsewhere', isNew: true, deviceId: null });
    }
  });

  it('are known by their token wherever they go, under the same name', async () => {
    const deviceToken = await signIn(laptop);
    const abroad = await recognise({ ...stranger, deviceToken });
    expect(abroad).toEqual({ source: abroad.deviceId, isNew: false, deviceId: expect.any(String) });
    expect(await devices.remember(context(), ANNA, { ...stranger, deviceToken }, abroad)).toBe(deviceToken);
  });

  it('of one person are none of another, token or not', async () => {
    const deviceToken = await signIn(laptop);
    await signIn(stranger, BOB);
    expect(await recognise({ ...laptop, deviceToken }, BOB)).toEqual({ source: 'elsewhere', isNew: true, deviceId: null });
  });

  it('are not made up: a token that was not given here names no device', async () => {
    await signIn(laptop);
    for (const deviceToken of ['', 'x', 'A'.repeat(200), createActionTokens(secrets).issue('device', { businessId: BUSINESS, userId: ANNA, deviceId: BOB })]) {
      expect((await recognise({ ...stranger, deviceToken })).deviceId).toBeNull();
    }
  });

  it('are forgotten together, and after 400 days without any', async () => {
    const deviceToken = await signIn(laptop);
    await devices.forget(BUSINESS, ANNA);
    expect(await recognise({ ...laptop, deviceToken })).toEqual({ source: 'elsewhere', isNew: false, deviceId: null });
    await signIn(laptop);
    now += 400 * DAY;
    expect((await recognise(laptop)).source).toBe('elsewhere');
  });

  it('are forty at most: the longest unseen go', async () => {
    await signIn(laptop);
    now += 1000;
    for (let i = 0; i < 20; i++, now += 1000) await signIn({ ...stranger, ip: `198.51.100.${i}` });
    expect((await recognise(laptop)).source).toBe('elsewhere');
    expect((await recognise({ ...stranger, ip: '198.51.100.19' })).source).not.toBe('elsewhere');
  });

  it('all stay known when several sign in at once', async () => {
    const origins = Array.from({ length: 8 }, (_, i) => ({ ...stranger, ip: `198.51.100.${i}` }));
    await Promise.all(origins.map((origin) => signIn(origin)));
    for (const origin of origins) expect((await recognise(origin)).source).not.toBe('elsewhere');
  });

  it('are kept without address, name or program', async () => {
    await signIn(laptop);
    const [entry] = await store.scan('known-devices', { limit: 10 });
    expect(JSON.stringify(entry)).not.toMatch(/203\.0\.113|Chrome|Mac/);
    expect(entry?.key).not.toContain(ANNA);
  });

  it('are not remembered in a dry run', async () => {
    await devices.remember(context(true), ANNA, laptop, await recognise(laptop));
    expect(await store.scan('known-devices', { limit: 10 })).toEqual([]);
  });
});
