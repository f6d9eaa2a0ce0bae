import type { LoggedEvent } from '@rolebook/event-store';
import type { Ask } from './ask';
import { after, end, holders, inDoubt, NOTHING, differing, type Deed, type State } from './model';
import { activeSuperAdmins, objections } from './objections';

/** The events that carry a deed out; every other of its command's is bookkeeping. */
const CARRIES_OUT: Readonly<Record<Deed['type'], readonly string[]>> = {
  'found': ['OwnerRegistered'], 'invite': ['UserInvited'], 'resend': ['InvitationResent'], 'withdraw': ['InvitationWithdrawn'], 'accept': ['InvitationAccepted'], 'rename': ['ProfileEdited'],
  'role': ['RoleChanged'], 'override': ['PermissionOverridden', 'PermissionOverrideRemoved'], 'deactivate': ['UserDeactivated'], 'reactivate': ['UserReactivated'],
  'sign-in': ['SessionStarted'], 'refresh': ['SessionRefreshed', 'RefreshTokenReused'], 'sign-out': ['SignedOut'], 'revoke': ['SessionRevoked'], 'revoke-all': ['SessionsRevoked'],
  'password': ['PasswordChanged'], 'ask-reset': ['PasswordResetRequested'], 'reset': ['PasswordReset'], 'policy': ['TwoFactorPolicyChanged'],
};
const BOOKKEEPING = ['SlugReserved', 'BusinessCreated', 'EmailReserved', 'InvitationAbandoned', 'SuperAdminListed', 'SuperAdminWithdrawn', 'SuperAdminConfirmed', 'SignInRefused', 'PasswordCheckRefused', 'PasswordResetRefused'];
const ENDS_SESSIONS: readonly Deed['type'][] = ['deactivate', 'revoke-all', 'password', 'reset'];
/** Judged by what was read a little before, since what they rest on stands in another stream than what they change. */
const RESTS_ELSEWHERE: readonly Deed['type'][] = ['sign-in', 'refresh', 'revoke'];

interface Command { readonly id: string; readonly ask: Ask; readonly deed: Deed; readonly at: number }
type Fields = Readonly<Record<string, unknown>>;

/** What the log says has happened, gone through event by event beside the model. */
export class Past {
  /** As of each position; the first is before everything. */
  readonly states: State[] = [NOTHING];
  /** Who is counted among the Super Admins, as of each position. */
  readonly listed: ReadonlySet<string>[] = [new Set()];
  readonly reservations: { readonly address: string; readonly userId: string; readonly since: number; readonly position: number }[] = [];
  /** Requests that were carried out, with the position at which. */
  readonly carriedOut = new Map<Ask, number>();
  /** How often the refusal of a command was written down, by the command's id. */
  readonly refusalsWritten = new Map<string, number>();
  readonly violations: string[] = [];
  private readonly commands = new Map<string, Command>();
  private readonly endings: { readonly userId: string; readonly position: number }[] = [];

  /** @param addressOf which of the known addresses a stream name stands for */
  constructor(asks: readonly Ask[], private readonly addressOf: (stream: string) => string) {
    for (const ask of asks) for (const [id, { deed, at }] of ask.commands) this.commands.set(id, { id, ask, deed, at });
  }

  walk(log: readonly LoggedEvent[]): void {
    for (const event of log) this.step(event);
  }

  private step(event: LoggedEvent): void {
    const before = this.states.at(-1)!;
    const [metadata, data] = [JSON.parse(event.metadata), JSON.parse(event.data)] as [Fields, Fields];
    const command = this.commands.get(metadata.commandId as string);
    let next = before;
    if (command && CARRIES_OUT[command.deed.type].includes(event.type)) next = this.carryOut(event, command, before);
    else if (!BOOKKEEPING.includes(event.type)) this.violations.push(`unexplained: ${event.type} at ${event.position} belongs to nothing that was asked for`);
    this.keepBooks(event, data, command);
    this.states.push(next);
    this.lookAt(next, event);
  }

  private carryOut(event: LoggedEvent, command: Command, before: State): State {
    const { ask, deed, at } = command;
    const earlier = this.carriedOut.get(ask);
    if (earlier !== undefined) {
      if (deed.type !== 'override' || earlier !== event.position - 1) this.violations.push(`doubled: request ${ask.n} (${deed.type}) at ${earlier} and again at ${event.position}`);
      this.carriedOut.set(ask, event.position);
      return before;
    }
    this.carriedOut.set(ask, event.position);
    this.judge(event, command, before);
    const next = after(before, deed, at);
    if ('userId' in deed && ENDS_SESSIONS.includes(deed.type)) this.endings.push({ userId: deed.userId, position: event.position });
    if (deed.type !== 'sign-in') return next;
    const owner = next.people.get(next.sessions.get(deed.sessionId)?.userId ?? '');
    if (owner?.status !== 'active') return end(next, deed.sessionId); // deactivated while the password was looked at
    return this.endings.some(({ userId, position }) => userId === owner.id && position > ask.startedAt) ? inDoubt(next, deed.sessionId) : next;
  }

  /** Whether it was right to carry it out: as of some moment since it was asked for. */
  private judge(event: LoggedEvent, { ask, deed, at }: Command, before: State): void {
    const reasons = new Set<string>();
    for (let i = event.position - 1; i >= Math.min(ask.startedAt, event.position - 1); i--) {
      const seen = this.states[i]!;
      const found = new Set(objections({ deed, by: ask.by, at }, seen, RESTS_ELSEWHERE.includes(deed.type) ? seen : before));
      if (event.type === 'RefreshTokenReused' && found.delete('refresh-token-reused') === false) found.add('the token had not been used');
      if (found.size === 0) return;
      for (const reason of found) reasons.add(reason);
    }
    this.violations.push(`wrongly carried out: request ${ask.n} (${JSON.stringify(deed)} by ${JSON.stringify(ask.by)}) at ${event.position}, in spite of ${[...reasons].join(', ')}`);
  }

  private keepBooks({ type, stream, position }: LoggedEvent, data: Fields, command: Command | undefined): void {
    const userId = data.userId as string;
    const listed = this.listed.at(-1)!;
    if (type === 'EmailReserved') this.reservations.push({ address: this.addressOf(stream), userId, since: Date.parse(data.at as string), position });
    if (type.endsWith('Refused') && command) this.refusalsWritten.set(command.id, (this.refusalsWritten.get(command.id) ?? 0) + 1);
    if (type === 'SuperAdminListed') this.listed.push(new Set([...listed, userId]));
    else if (type === 'SuperAdminWithdrawn') this.listed.push(new Set([...listed].filter((id) => id !== userId)));
    else this.listed.push(listed);
  }

  /** What holds always. */
  private lookAt(state: State, { position }: LoggedEvent): void {
    const broken = (what: string) => { this.violations.push(`broken at ${position}: ${what}`); };
    const addresses = new Set([...state.people.values()].map(({ address }) => address));
    for (const address of addresses) if (holders(state, address).length > 1) broken(`two users have the address ${address}`);
    const superAdmins = activeSuperAdmins(state).map(({ id }) => id);
    if (state.people.size > 0 && superAdmins.length === 0) broken('no active Super Admin is left');
    for (const id of this.listed.at(-1)!) if (!superAdmins.includes(id)) broken(`${id} is counted among the Super Admins and is none`);
    for (const { id, role, overrides } of state.people.values()) {
      if (role === 'super-admin' && Object.keys(overrides).length > 0) broken(`the Super Admin ${id} is overridden`);
      if (JSON.stringify(differing(role, overrides)) !== JSON.stringify(overrides)) broken(`an override of ${id} says what the role says`);
    }
  }
}
