import type { Random } from '../simulation/random';
import { isDone } from './compare';
import { Connection, type Reply } from './http';
import type { Asked, Journal, Mark } from './journal';
import type { Outbox } from './outbox';

const ROLES = ['crew', 'sales', 'billing', 'operations'] as const;
const MODULES = ['customers', 'quotes', 'jobs', 'invoices', 'inventory'] as const;
const LEVELS = ['none', 'read', 'write', 'manage'] as const;
export const PASSWORD = 'rent a crane for the weekend 7';
const MOST_PEOPLE = 12;

/** What all clients of a business share. */
export interface Desk {
  readonly journal: Journal;
  readonly outbox: Outbox;
  readonly slug: string;
  /** The owner's access token. */
  token: string;
  /** Where the service listens at the moment. */
  port: number;
}

interface Person { readonly id: string; readonly email: string; status: string; role: string; levels: Readonly<Record<string, string>>; /** Something was asked that cannot be asked again. */ uncertain: boolean }
interface UserBody { readonly id: string; readonly status: string; readonly role: string; readonly permissions: Readonly<Record<string, string>> }

/**
 * Somebody who works with people that nobody else touches, one request after the other, so that nothing ever stands in the way of what is asked.
 * Every request is written down before it is sent, and every answer before anything comes of it.
 */
export class Client {
  private readonly connection = new Connection();
  private readonly people: Person[] = [];
  /** Sent with a key, and without an answer so far. */
  private readonly pending: { readonly asked: Asked; readonly then: (reply: Reply) => void }[] = [];
  private readonly answered: Asked[] = [];
  /** Addresses that an invitation was asked for, whatever has become of it. */
  readonly addresses: string[] = [];
  private count = 0;

  constructor(private readonly name: string, private readonly desk: Desk, private readonly chance: Random) {}

  /** Asks for one thing after another until `stopped`, or until nobody answers. */
  async work(stopped: () => boolean): Promise<void> {
    while (!stopped() && this.pending.length === 0 && !this.people.some(({ uncertain }) => uncertain)) await this.step(stopped);
  }

  /** Asks again what nobody answered, by the same keys; and again, now and then, what was answered. */
  async settle(): Promise<void> {
    for (let next = this.pending[0]; next; next = this.pending[0]) {
      const forgotten = next.asked.mark.type === 'UserInvited' && this.chance.perMille(150); // its address must not be stranded
      if (!forgotten && !(await this.exchange(next.asked, next.then))) return;
      this.pending.shift();
    }
    for (const again of [this.answered.at(-1), this.answered[this.chance.int(Math.max(1, this.answered.length))]]) if (again) await this.exchange(again, () => undefined);
    for (const person of this.people.filter(({ uncertain }) => uncertain)) await this.learn(person);
  }

  close(): void {
    this.connection.close();
  }

  private async step(stopped: () => boolean): Promise<void> {
    const person = this.people.length === 0 ? undefined : this.chance.pick(this.people);
    if (!person || (this.people.length < MOST_PEOPLE && this.chance.perMille(300))) return this.invite();
    if (person.status === 'invited') return this.chance.perMille(850) ? this.accept(person, stopped) : this.withdraw(person);
    if (person.status === 'deactivated') return this.post(person, 'UserReactivated', 'reactivate', 'active');
    const what = this.chance.int(7);
    switch (what) {
      case 0: return this.post(person, 'UserDeactivated', 'deactivate', 'deactivated');
      case 1: return this.signIn(person);
      case 2: return this.change(person, { method: 'DELETE', path: `/v1/users/${person.id}/sessions`, body: undefined, mark: { type: 'SessionsRevoked', userId: person.id, text: '' } });
      case 3: return this.changeRole(person);
      case 4: return this.override(person);
      default: {
        const name = this.words('name');
        return this.change(person, { method: 'PATCH', path: `/v1/users/${person.id}`, body: { displayName: name }, mark: { type: 'ProfileEdited', userId: person.id, text: name } });
      }
    }
  }

  private async invite(): Promise<void> {
    const email = `${this.words('').toLowerCase().replaceAll(' ', '-')}@crash.example`;
    this.addresses.push(email);
    const role = this.chance.pick(ROLES);
    const mark: Mark = { type: 'UserInvited', userId: null, text: email };
    await this.ask({ method: 'POST', path: '/v1/invitations', body: { email, role }, mark }, true, ({ body }) => {
      const { id, permissions } = body as UserBody;
      this.people.push({ id, email, status: 'invited', role, levels: permissions, uncertain: false });
    });
  }

  private async accept(person: Person, stopped: () => boolean): Promise<void> {
    const token = await this.desk.outbox.linkTo(person.email, stopped);
    if (token === null) {
      if (!stopped()) throw new Error(`no mail has come to ${person.email}`);
      return;
    }
    const name = this.words('name');
    const mark: Mark = { type: 'InvitationAccepted', userId: person.id, text: name };
    await this.ask({ method: 'POST', path: '/v1/invitations/accept', body: { token, displayName: name, password: PASSWORD }, mark }, true, () => { person.status = 'active'; });
  }

  private async withdraw(person: Person): Promise<void> {
    await this.change(person, { method: 'DELETE', path: `/v1/users/${person.id}/invitation`, body: undefined, mark: { type: 'InvitationWithdrawn', userId: person.id, text: '' } });
    this.people.splice(this.people.indexOf(person), 1);
  }

  private async post(person: Person, type: string, verb: string, status: string): Promise<void> {
    const reason = this.words('because');
    await this.ask({ method: 'POST', path: `/v1/users/${person.id}/${verb}`, body: { reason }, mark: { type, userId: person.id, text: reason } }, true, () => { person.status = status; });
  }

  private async signIn(person: Person): Promise<void> {
    const body = { business: this.desk.slug, email: person.email, password: PASSWORD };
    await this.ask({ method: 'POST', path: '/v1/auth/sign-in', body, mark: { type: 'SessionStarted', userId: person.id, text: '' } }, true, () => undefined);
  }

  private async changeRole(person: Person): Promise<void> {
    const [role, reason] = [this.chance.pick(ROLES.filter((other) => other !== person.role)), this.words('because')];
    await this.change(person, { method: 'PUT', path: `/v1/users/${person.id}/role`, body: { role, reason }, mark: { type: 'RoleChanged', userId: person.id, text: reason } });
  }

  private async override(person: Person): Promise<void> {
    const [module, reason] = [this.chance.pick(MODULES), this.words('because')];
    const level = this.chance.pick(LEVELS.filter((other) => other !== person.levels[module]));
    await this.change(person, { method: 'PATCH', path: `/v1/users/${person.id}/permissions`, body: { overrides: { [module]: level }, reason }, mark: { type: 'PermissionOverridden', userId: person.id, text: reason } });
  }

  /** A request that has no key: where nobody answers, the client looks later what has become of it. */
  private async change(person: Person, request: Pick<Asked, 'method' | 'path' | 'body' | 'mark'>): Promise<void> {
    let answered = false;
    person.uncertain = true;
    await this.ask(request, false, () => { answered = true; });
    if (!answered) return;
    if (request.method === 'DELETE') person.uncertain = false;
    else await this.learn(person); // where nobody answers that, what is known of the person is old: it stays uncertain
  }

  private async learn(person: Person): Promise<void> {
    const reply = await this.send({ method: 'GET', path: `/v1/users/${person.id}`, body: undefined, key: null });
    if (reply?.status !== 200) return;
    const { status, role, permissions } = reply.body as UserBody;
    Object.assign(person, { status, role, levels: permissions, uncertain: false });
    if (status === 'invitation-withdrawn') this.people.splice(this.people.indexOf(person), 1);
  }

  private async ask(request: Pick<Asked, 'method' | 'path' | 'body' | 'mark'>, keyed: boolean, then: (reply: Reply) => void): Promise<void> {
    const asked = this.desk.journal.asks({ ...request, key: keyed ? `${this.name}-${++this.count}` : null });
    if (!(await this.exchange(asked, then)) && keyed) this.pending.push({ asked, then });
  }

  /** @returns whether there was an answer for good */
  private async exchange(asked: Asked, then: (reply: Reply) => void): Promise<boolean> {
    for (let tries = 0; tries < 20; tries++) {
      const reply = await this.send(asked);
      if (reply === null) return false;
      if (reply.status !== 503 && reply.status !== 429) {
        this.desk.journal.answers(asked.n, reply.status, reply.body);
        if (asked.key !== null) this.answered.push(asked);
        if (isDone(reply)) then(reply);
        return true;
      }
      if (asked.key === null) return false;
      await new Promise((done) => { setTimeout(done, 300); });
    }
    return false;
  }

  private send({ method, path, body, key }: Pick<Asked, 'method' | 'path' | 'body' | 'key'>): Promise<Reply | null> {
    const anonymous = path.startsWith('/v1/auth/') || path === '/v1/invitations/accept';
    return this.connection.send(this.desk.port, {
      method, path, body, headers: { ...(anonymous ? {} : { authorization: `Bearer ${this.desk.token}` }), ...(key === null ? {} : { 'idempotency-key': key }) },
    });
  }

  /** Words that nobody uses twice. */
  private words(what: string): string {
    return `${what} ${this.name} ${++this.count}`.trim();
  }
}
