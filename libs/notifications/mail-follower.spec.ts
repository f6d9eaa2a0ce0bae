import { streamNames } from '@rolebook/access';
import { createActionTokens, createMasterKey, createSubjectKeys, KeyStoreUnavailable, openInstallationSecrets, type KeyStore } from '@rolebook/crypto';
import { createMemoryKeyStore } from '@rolebook/crypto/in-memory';
import { CommandContext, EventCodec, Streams } from '@rolebook/event-sourcing';
import { InMemoryEventStore } from '@rolebook/event-store/in-memory';
import type { Mail } from '@rolebook/mail';
import { InMemoryOperationalStore } from '@rolebook/operational-store/in-memory';
import { businessEvents, type BusinessEvent } from '@rolebook/businesses/events';
import { businessStream } from '@rolebook/businesses/read';
import { userEvents, type UserEvent } from '@rolebook/users/events';
import { userStream } from '@rolebook/users/read';
import { MailFollower } from './mail-follower';

const businessId = '01900000-0000-7000-8000-000000000001';
const userId = '01900000-0000-7000-8000-000000000002';
const now = Date.UTC(2026, 10, 24);
const clock = { now: () => now };

describe('the follower that sends mails', () => {
  // A key store that was away for a moment once cost the person their invitation: the mail was passed over for good.
  it('waits for keys that are away, and sends the mail then', async () => {
    const events = new InMemoryEventStore(clock);
    const keys = createMemoryKeyStore();
    const masterKey = createMasterKey(Buffer.alloc(32, 1));
    const codecOn = (store: KeyStore) => new EventCodec(createSubjectKeys({ store, masterKey, cacheSize: 10 }), [{ definitions: userEvents }, { definitions: businessEvents }]);
    const streams = new Streams(events, codecOn(keys));
    const context = new CommandContext({ businessId, actor: { type: 'system' }, at: now, commandId: businessId, requestId: null, sessionId: null, ip: null, device: null });
    await streams.execute<typeof businessStream.initialState, BusinessEvent>(businessStream, streamNames.business(businessId), context, () => [{ type: 'BusinessCreated', data: { businessId, name: 'Siam', slug: 'siam' } }]);
    await streams.execute<typeof userStream.initialState, UserEvent>(userStream, streamNames.user(businessId, userId), context, () => [{
      type: 'UserInvited', data: { userId, email: 'chai@siam.example', displayName: null, locale: 'en', role: 'crew', overrides: {}, generation: 1, expiresAt: new Date(now + 1e9).toISOString() },
    }]);

    let away = 1;
    const flaky: KeyStore = Object.assign(Object.create(keys) as KeyStore, {
      getMany: (subjects: readonly string[]) => (away-- > 0 ? Promise.reject(new KeyStoreUnavailable('away')) : keys.getMany(subjects)),
    });
    const sent: Mail[] = [];
    const problems: string[] = [];
    const codec = codecOn(flaky);
    const follower = new MailFollower({
      events, codec, operational: new InMemoryOperationalStore(clock), clock, mailer: { send: async (mail) => { sent.push(mail); }, close: async () => undefined },
      desk: { streams: new Streams(events, codec), tokens: createActionTokens(await openInstallationSecrets({ store: keys, masterKey })), webUrl: 'https://app.example', domain: 'app.example' },
      onProblem: (message) => problems.push(message),
    });
    await follower.start();
    while (sent.length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    await follower.stop();
    expect([sent.map(({ to }) => to), problems]).toEqual([['chai@siam.example'], ['a mail could not be sent and is tried again']]);
  });
});
