import { createSubjectKeys } from '@rolebook/crypto';
import { InMemoryDocumentStore } from '@rolebook/document-store/in-memory';
import type { DocumentStore } from '@rolebook/document-store';
import { CommandContext, EventCodec } from '@rolebook/event-sourcing';
import { allEvents, allReadModels } from '@rolebook/installation';
import { Projector } from '@rolebook/projecting';
import type { UserSessionsDocument } from '@rolebook/sessions/read';
import { parseEmailAddress, type UserDocument } from '@rolebook/users/read';
import { InviteUser } from '@rolebook/users/write';
import { holders, type State } from './model';
import { activeSuperAdmins, isOpen } from './objections';
import { MASTER_KEY, timelessWork, type Durable, type Process } from './process';

const HOUR = 3600_000;

/** What is left when all is quiet. @returns what is wrong with it */
export class Aftermath {
  readonly violations: string[] = [];

  /** @param process one that nothing is wrong with, on the same stores */
  constructor(private readonly durable: Durable, private readonly process: Process, private readonly businessId: string, private readonly state: State) {}

  async look(troubled: boolean): Promise<string[]> {
    await this.compareWithRebuilt();
    await this.compareWithModel();
    await this.lookAtSessions();
    await this.lookAtMails(troubled);
    await this.lookForStrandedAddresses();
    return this.violations;
  }

  /** The read models as they are, and as they would be made anew from the log. */
  private async compareWithRebuilt(): Promise<void> {
    const rebuilt = new InMemoryDocumentStore();
    const codec = new EventCodec(createSubjectKeys({ store: this.durable.keys, masterKey: MASTER_KEY, cacheSize: 1000 }), allEvents);
    const projector = new Projector({ events: this.durable.events, codec, documents: rebuilt, readModels: allReadModels(), work: timelessWork(), onProblem: (message, details) => { this.violations.push(`rebuilding: ${message} ${JSON.stringify(details)}`); } });
    const head = await this.durable.events.head();
    await projector.start();
    while (projector.position < head && this.violations.length < 20) await new Promise((resolve) => { setImmediate(resolve); });
    await projector.stop();
    for (const name of await rebuilt.list()) {
      const [live, anew] = [await contents(this.durable.documents, name), await contents(rebuilt, name)];
      for (const id of new Set([...live.keys(), ...anew.keys()])) {
        if (live.get(id) !== anew.get(id)) this.violations.push(`${name}: ${id} is ${live.get(id) ?? 'missing'}, and made anew it is ${anew.get(id) ?? 'missing'}`);
      }
    }
  }

  private async compareWithModel(): Promise<void> {
    const directory = await documents<UserDocument>(this.durable.documents, 'user-directory-1');
    for (const { id, status, role, overrides, email, displayName } of directory) {
      const person = this.state.people.get(id);
      const shown = { status: status === 'invitation-withdrawn' ? 'withdrawn' : status, role, overrides: sorted(overrides), address: parseEmailAddress(email).normalised, name: displayName };
      const wanted = person && { status: person.status, role: person.role, overrides: sorted(person.overrides), address: person.address, name: person.name };
      if (JSON.stringify(shown) !== JSON.stringify(wanted)) this.violations.push(`the directory shows ${id} as ${JSON.stringify(shown)}, and it should be ${JSON.stringify(wanted)}`);
    }
    if (directory.length !== this.state.people.size) this.violations.push(`the directory has ${directory.length} users instead of ${this.state.people.size}`);
  }

  /** An ended session lets nobody in, and is shown as ended. */
  private async lookAtSessions(): Promise<void> {
    const now = this.process.clock.now();
    const shown = new Map((await documents<UserSessionsDocument>(this.durable.documents, 'user-sessions-1')).flatMap(({ sessions }) => sessions.map((session) => [session.id, session] as const)));
    for (const [sessionId, { userId, state }] of this.state.sessions) {
      const open = (await this.process.live.load({ businessId: this.businessId, userId, sessionId }, now)) !== null;
      if (open && !isOpen(this.state, sessionId, now)) this.violations.push(`session ${sessionId} lets its bearer in, though it has ended`);
      if (!open && isOpen(this.state, sessionId, now) && state === 'open') this.violations.push(`session ${sessionId} lets nobody in, though nothing has ended it`);
      const entry = shown.get(sessionId);
      const shownOpen = entry !== undefined && entry.endedAt === null && Date.parse(entry.expiresAt) > now;
      if (entry && shownOpen !== open) this.violations.push(`session ${sessionId} is shown as ${shownOpen ? 'active' : 'ended'}, and it is ${open ? 'active' : 'ended'}`);
    }
  }

  /** Each mail that an event called for has gone out; once, where nothing went wrong. */
  private async lookAtMails(troubled: boolean): Promise<void> {
    const log = await this.durable.events.readAll({ after: 0, limit: Number.MAX_SAFE_INTEGER });
    const sent = new Map<string, number>();
    for (const { messageId } of this.durable.mailbox) sent.set(messageId, (sent.get(messageId) ?? 0) + 1);
    const byEvent = new Set([...sent.keys()].map((messageId) => /^[^.]+\.([^@]+)@/.exec(messageId)?.[1] ?? ''));
    const ids = new Set(log.map(({ id }) => id));
    for (const id of byEvent) if (!ids.has(id)) this.violations.push(`a mail went out for ${id}, which never happened`);
    if (!troubled) for (const [messageId, times] of sent) if (times > 1) this.violations.push(`mail ${messageId} went out ${times} times, though nothing was wrong`);
    for (const { id, type, data } of log) {
      const { userId, generation } = JSON.parse(data) as { userId: string; generation?: number };
      const person = this.state.people.get(userId);
      const due = ['PasswordChanged', 'PasswordReset'].includes(type)
        || (['UserInvited', 'InvitationResent'].includes(type) && person?.status === 'invited' && person.link.generation === generation);
      if (due && !byEvent.has(id)) this.violations.push(`no mail has gone out for ${type} ${id}`);
    }
  }

  /** An address that nobody has can be given to somebody. */
  private async lookForStrandedAddresses(): Promise<void> {
    const [superAdmin] = activeSuperAdmins(this.state);
    if (!superAdmin) return;
    const addresses = new Set([...this.state.people.values()].map(({ address }) => address));
    for (const address of new Set(['ann@example.com', 'bea@example.com', 'cid@example.com', parseEmailAddress('dan@bücher.example').normalised, ...addresses])) {
      if (holders(this.state, address).length > 0) continue;
      const context = new CommandContext({ businessId: this.businessId, actor: { type: 'user', id: superAdmin.id }, at: this.process.clock.now() + 2 * HOUR, commandId: `afterwards-${address}`, requestId: null, sessionId: null, ip: null, device: null });
      await this.process.container.execute(new InviteUser(context, { email: parseEmailAddress(address), role: 'crew', overrides: {}, displayName: null, locale: 'en' }))
        .catch((error: unknown) => { this.violations.push(`${address} is stranded: nobody has it, and nobody can get it (${error instanceof Error ? error.message : String(error)})`); });
    }
  }
}

async function documents<Doc extends { readonly id: string }>(store: DocumentStore, name: string): Promise<Doc[]> {
  const collection = await store.open<Doc>({ name, indexes: [] });
  return (await collection.scan({ limit: 100_000 })).flatMap(({ document }) => document ?? []);
}

async function contents(store: DocumentStore, name: string): Promise<Map<string, string>> {
  return new Map((await documents(store, name)).map((document) => [document.id, JSON.stringify(sorted(document))]));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, inner]) => [key, sorted(inner)]));
}
