import { PASSWORD, SETUP_TOKEN, unique } from '../harness';
import type { Sent } from '../http-client';
import type { Known } from './cast';
import { levelsOf, holds, MODULES, LEVELS, ROLES, type Holder, type Target, type Wish } from './oracle';

/** What requests name besides their target. */
export interface Props {
  readonly own: { readonly sessionId: string; readonly email: string };
  readonly slug: string;
  /** An entry of the audit log. */
  readonly entry: string;
  readonly invitationToken: string;
  readonly resetToken: string;
  refreshToken(): string;
  readonly challenge: string;
  /** Of the authenticator that the challenge is about; good. */
  code(): string;
  /** Milliseconds since 1970, by the service's clock. */
  now(): number;
}

export interface Request extends Sent { readonly route: string; readonly wish: Wish }

/** The smallest PNG there is: one pixel. */
const PIXEL = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');
const JSON_TYPE = { 'content-type': 'application/json' };

/**
 * Requests of a route that nothing but authority can refuse: well-formed, true in what they say. Changes are dry runs.
 * @param actor with fewer wishes for those who may not wish at all
 */
export function requestsFor(route: string, known: Known, actor: Holder, props: Props): Request[] {
  const [method = '', template = ''] = route.split(' ');
  const base = template.replace('{id}', known.id).replace('{sid}', template.includes('/me/') ? props.own.sessionId : known.sessionId);
  const build = (body?: unknown, wish: Wish = {}, query = '', headers: Record<string, string> = {}): Request => ({
    route, method, wish,
    path: `${base}?${query}${method === 'GET' ? '' : 'dryRun=true'}`.replace(/\?$/, ''),
    headers: body === undefined ? headers : { ...(Buffer.isBuffer(body) ? { 'content-type': 'image/png' } : JSON_TYPE), ...headers },
    ...(body === undefined ? {} : { body: Buffer.isBuffer(body) ? body : JSON.stringify(body) }),
  });
  if (route in WISHES) return WISHES[route]!(known.target, actor).map((wish) => build({ ...(template === '/v1/invitations' ? { email: `${unique('w')}@wish.example` } : {}), ...wish }, wish));
  switch (route) {
    case 'GET /v1/authorization': return MODULES.flatMap((module) => LEVELS.map((level) => build(undefined, { module, level }, `module=${module}&level=${level}`)));
    case 'GET /v1/access': return [build(undefined, {}, 'module=jobs&level=read')];
    case 'GET /v1/audit/export': return [build(undefined, {}, 'format=ndjson')];
    case 'GET /v1/audit/proofs/inclusion': return [build(undefined, {}, `entry=${props.entry}`)];
    case 'GET /v1/audit/proofs/consistency': return [build(undefined, {}, 'from=1')];
    case 'PUT /v1/settings/two-factor': return [build({ policy: 'everyone' })];
    case 'PATCH /v1/me': case 'PATCH /v1/users/{id}': return [build({ displayName: 'Another Name' })];
    case 'PUT /v1/me/avatar': case 'PUT /v1/users/{id}/avatar': return [build(PIXEL)];
    case 'POST /v1/me/password': return [build({ currentPassword: PASSWORD, newPassword: 'rent a crane for the weekend 7' })];
    case 'POST /v1/me/two-factor': case 'POST /v1/me/two-factor/recovery-codes': return [build({ code: props.code() })];
    case 'DELETE /v1/me/two-factor': return [build({ password: PASSWORD, code: props.code() })];
    case 'POST /v1/users/{id}/deactivate': case 'POST /v1/users/{id}/reactivate': return [build({ reason: 'as the case has it' })];
    case 'POST /v1/users/{id}/erase': return [build({ email: known.email })];
    case 'POST /v1/users/{id}/two-factor/reset': return [build({ identityVerification: { channel: 'video', spokeWith: 'The person', at: new Date(props.now() - 60_000).toISOString() } })];
    case 'POST /v1/businesses': return [build({ name: 'New', slug: 'a-new-one', owner: { email: 'o@new.example', displayName: 'New Owner', password: PASSWORD } }, {}, '', { 'setup-token': SETUP_TOKEN })];
    case 'POST /v1/auth/sign-in': return [build({ business: props.slug, email: props.own.email, password: PASSWORD })];
    case 'POST /v1/auth/two-factor': return [build({ challenge: props.challenge, code: props.code() })];
    case 'POST /v1/auth/refresh': return [build({ refreshToken: props.refreshToken() })];
    case 'POST /v1/auth/password-reset-requests': return [build({ business: props.slug, email: props.own.email })];
    case 'POST /v1/auth/password-resets': return [build({ token: props.resetToken, password: PASSWORD })];
    case 'POST /v1/invitations/preview': return [build({ token: props.invitationToken })];
    case 'POST /v1/invitations/accept': return [build({ token: props.invitationToken, displayName: 'New Person', password: PASSWORD })];
    default: return [build()];
  }
}

const INVITATIONS: readonly Wish[] = [...ROLES.map((role) => ({ role })), { role: 'crew', overrides: { settings: 'read' } }, { role: 'billing', overrides: { jobs: 'manage' } }, { role: 'sales', overrides: { quotes: 'none' } }, { role: 'super-admin', overrides: { jobs: 'read' } }];
const OVERRIDINGS: readonly Wish[] = ([{ jobs: 'manage' }, { settings: 'read' }, { settings: 'manage' }, { customers: 'none' }, { customers: 'write', inventory: 'write' }, { customers: null, settings: null, quotes: null, inventory: null }, {}] as const).map((overrides) => ({ overrides }));

/** The requests whose body decides what is granted. One is enough where the actor can never get as far. */
const WISHES: Readonly<Record<string, (target: Target, actor: Holder) => readonly Wish[]>> = {
  'POST /v1/invitations': (_target, actor) => few(INVITATIONS, holds(levelsOf(actor).settings, 'write')),
  'PUT /v1/users/{id}/role': (target, actor) => few(ROLES.flatMap((role) => (typeof target === 'object' && Object.keys(target.overrides).length > 0 ? [{ role }, { role, keepOverrides: true }] : [{ role }])), grants(target, actor)),
  'PATCH /v1/users/{id}/permissions': (target, actor) => few(OVERRIDINGS, grants(target, actor)),
};
const few = (wishes: readonly Wish[], all: boolean): readonly Wish[] => (all ? wishes : wishes.slice(0, 1));
const grants = (target: Target, actor: Holder): boolean => target === 'self' || (typeof target === 'object' && target.status === 'active' && levelsOf(actor).settings === 'manage');
