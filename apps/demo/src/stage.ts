import type { Answer, CallOptions, Client } from './client';
import { linkFor } from './outbox';
import type { Timeline } from './timeline';

export const PASSWORD = 'rent a crane for the weekend 7';

export interface Person {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  readonly token: string;
  readonly sessionId: string;
}

const BROWSERS = {
  mac: 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36',
  phone: 'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1',
};

/** What the people of the story do, each step written into the timeline. */
export class Stage {
  readonly slug = `siam-${Date.now().toString(36).slice(-5)}`;

  constructor(readonly client: Client, readonly timeline: Timeline, private readonly house: { readonly outbox: string; readonly setupToken: string }) {}

  /** One request of somebody's, and a line about it. */
  async does(who: Pick<Person, 'name'> & { readonly token?: string }, what: string, expected: number | string, method: string, path: string, body?: unknown, options: CallOptions = {}): Promise<Answer> {
    const answer = await this.client.call(expected, method, path, body, { ...(who.token ? { token: who.token } : {}), ...options });
    this.timeline.line(who.name, what, String(expected));
    return answer;
  }

  async setUp(name: string, owner: { readonly name: string; readonly email: string }): Promise<Person> {
    const { body } = await this.does({ name: 'Installer' }, `sets up the business ${name}`, 201, 'POST', '/v1/businesses', { name, slug: this.slug, owner: { email: owner.email, displayName: owner.name, password: PASSWORD, locale: 'th' } }, { headers: { 'setup-token': this.house.setupToken } });
    return this.signIn({ id: (body.user as { id: string }).id, ...owner });
  }

  async signIn(person: Pick<Person, 'id' | 'name' | 'email'>, on: keyof typeof BROWSERS = 'mac'): Promise<Person> {
    const { body } = await this.does({ name: person.name }, `signs in ${on === 'mac' ? 'at a Mac' : 'on a phone'}`, 200, 'POST', '/v1/auth/sign-in', { business: this.slug, email: person.email, password: PASSWORD }, { headers: { 'user-agent': BROWSERS[on] } });
    return { ...person, token: String(body.accessToken), sessionId: String(body.sessionId) };
  }

  /** Invited, the mail read, the link opened, accepted, signed in. */
  async joins(by: Person, name: string, email: string, role: string, locale: 'en' | 'th', overrides?: object): Promise<Person> {
    const { body } = await this.does(by, `invites ${name} <${email}> as ${role}`, 201, 'POST', '/v1/invitations', { email, role, locale, ...(overrides ? { overrides } : {}) });
    const token = await linkFor(this.house.outbox, email);
    await this.does({ name }, `opens the link in the mail (${locale === 'th' ? 'Thai' : 'English'})`, 200, 'POST', '/v1/invitations/preview', { token });
    await this.does({ name }, 'accepts, with name and password', 201, 'POST', '/v1/invitations/accept', { token, displayName: name, password: PASSWORD });
    return this.signIn({ id: String(body.id), name, email });
  }
}
