import { ChangeTwoFactorPolicy, CreateBusiness } from '@rolebook/businesses/write';
import { InvalidValue } from '@rolebook/kernel';
import { RefreshSession, RequestPasswordReset, ResetPassword, RevokeSession, SignIn, SignOut, CheckPassword, type SignInOutcome } from '@rolebook/sessions/write';
import { parseEmailAddress } from '@rolebook/users/read';
import {
  AcceptInvitation, ChangeOverrides, ChangePassword, ChangeRole, DeactivateUser, EditProfile, InviteUser, ReactivateUser, RegisterOwner, ResendInvitation, RevokeSessions, SuperAdmins,
  UserStreams, WithdrawInvitation,
} from '@rolebook/users/write';
import type { CommandContext } from '@rolebook/event-sourcing';
import type { Mail } from '@rolebook/mail';
import type { Ask, Bearer } from './ask';
import { LEVELS, MODULES, ROLES, type Deed, type Level, type Module } from './model';
import type { Process } from './process';
import type { Action, Step } from './script';

/** Written differently, some of these are the same address. */
const ADDRESSES = ['ann@example.com', 'ANN@example.com', 'bea@example.com', 'cid@example.com', 'cid@EXAMPLE.com', 'dan@bücher.example'];
export const OWNER = 'olive@example.com';
const PASSWORDS = ['first', 'second', 'third'];

interface Held extends Bearer { readonly address: string; readonly generation: number }
type Draft = Pick<Ask, 'by' | 'deedOf' | 'run'> & { readonly keyed: boolean };

/** People in front of their screens: what they know, and what they ask for. */
export class Clients {
  readonly sessions: Held[] = [];
  readonly users: { readonly id: string; readonly address: string }[] = [];
  private readonly passwords = new Map<string, string>();

  constructor(private readonly mailbox: readonly Mail[]) {}

  founding(): Draft {
    const [slug, password] = ['crane', PASSWORDS[0]!];
    return {
      by: null, keyed: true,
      deedOf: (context) => ({ type: 'found', address: OWNER, userId: context.idFor('owner'), password }),
      run: async (process, anonymous) => {
        const [businessId, userId] = [anonymous.idFor('business'), anonymous.idFor('owner')];
        const context = anonymous.as({ businessId, actor: { type: 'user', id: userId } });
        await execute(process, new CreateBusiness(context, 'Crane & Co', slug));
        const owner = { userId, email: parseEmailAddress(OWNER), displayName: 'Olive Owner', locale: 'en' as const, passwordHash: `plain:${password}` };
        const registered = await execute<Parameters<SuperAdmins['reconcile']>[1]>(process, new RegisterOwner(context, owner));
        await process.container.get(SuperAdmins).reconcile(context, registered);
        return { businessId, userId };
      },
    };
  }

  /** What a step comes to; `null` where the client knows too little for it. */
  draft({ action, session, a, b, c }: Extract<Step, { kind: 'ask' }>): Draft | null {
    const by = (action === 'sign-in' ? undefined : at(this.sessions, session)) ?? null;
    const user = at(this.users, a);
    const [role, address] = [at(ROLES, b)!, at(ADDRESSES, a)!];
    const simple = (type: 'resend' | 'withdraw' | 'deactivate' | 'reactivate', command: (context: CommandContext, id: string) => object): Draft | null =>
      (by && user ? { by, keyed: type !== 'withdraw', deedOf: () => ({ type, userId: user.id }), run: (process, context) => execute(process, command(context, user.id)) } : null);
    switch (action) {
      case 'invite': return by && this.invite(by, address, role, b % 3 === 0 ? { [at(MODULES, c)!]: at(LEVELS, b)! } : {});
      case 'accept': return this.accept(a, at(PASSWORDS, b)!, `Person ${c}`);
      case 'resend': return simple('resend', (context, id) => new ResendInvitation(context, id));
      case 'withdraw': return simple('withdraw', (context, id) => new WithdrawInvitation(context, id));
      case 'deactivate': return simple('deactivate', (context, id) => new DeactivateUser(context, id, null));
      case 'reactivate': return simple('reactivate', (context, id) => new ReactivateUser(context, id, null));
      case 'rename': {
        const whom = b % 2 === 0 && by ? { id: by.userId } : user;
        return by && whom ? this.change(by, { type: 'rename', userId: whom.id, name: `Person ${c}` }, (context) => new EditProfile(context, whom.id, { displayName: `Person ${c}` })) : null;
      }
      case 'role': return by && user ? this.change(by, { type: 'role', userId: user.id, role, keep: c % 2 === 0 }, (context) => new ChangeRole(context, user.id, role, c % 2 === 0, null)) : null;
      case 'override': {
        const overrides = Object.fromEntries([b, c].map((n) => [at(MODULES, n)!, n % 5 === 0 ? null : at(LEVELS, n)!])) as Partial<Record<Module, Level | null>>;
        return by && user ? this.change(by, { type: 'override', userId: user.id, overrides }, (context) => new ChangeOverrides(context, user.id, overrides, null)) : null;
      }
      case 'policy': return by && this.policy(by, b % 2 === 0 ? 'off' : c % 2 === 0 ? 'admins' : 'everyone');
      default: return this.draftOfSession(action, by, { user, address, b, c });
    }
  }

  private draftOfSession(action: Exclude<Action, 'invite' | 'accept' | 'resend' | 'withdraw' | 'deactivate' | 'reactivate' | 'rename' | 'role' | 'override' | 'policy'>, by: Held | null,
    { user, address, b, c }: { user: { id: string } | undefined; address: string; b: number; c: number }): Draft | null {
    switch (action) {
      case 'sign-in': {
        const whom = b % 3 === 0 ? OWNER : address;
        return this.signIn(whom, c % 4 === 0 ? at(PASSWORDS, c)! : this.passwords.get(normal(whom)) ?? PASSWORDS[0]!);
      }
      case 'refresh': {
        if (!by) return null;
        const generation = Math.max(0, by.generation - (b % 5 === 0 ? 1 : 0));
        return { by: null, keyed: true, deedOf: () => ({ type: 'refresh', sessionId: by.sessionId, generation }), run: (process, context) => execute(process, new RefreshSession(context, by.sessionId, generation)) };
      }
      case 'sign-out': return by ? { by, keyed: true, deedOf: () => ({ type: 'sign-out', sessionId: by.sessionId }), run: (process, context) => execute(process, new SignOut(context, by.sessionId)) } : null;
      case 'revoke': {
        const other = at(this.sessions, b);
        return by && other ? this.change(by, { type: 'revoke', userId: other.userId, sessionId: other.sessionId }, (context) => new RevokeSession(context, other.userId, other.sessionId)) : null;
      }
      case 'revoke-all': {
        const kept = by && user && by.userId === user.id ? by.sessionId : null;
        return by && user ? this.change(by, { type: 'revoke-all', userId: user.id, kept }, (context) => new RevokeSessions(context, user.id, kept, kept === null ? 'revoked' : 'signed-out-everywhere')) : null;
      }
      case 'password': return by ? this.newPassword(by, c % 3 === 0 ? 'wrong' : this.passwords.get(normal(by.address)) ?? '', at(PASSWORDS, b)!) : null;
      case 'ask-reset': return { by: null, keyed: true, deedOf: () => ({ type: 'ask-reset', address: normal(address) }), run: (process, context) => execute(process, new RequestPasswordReset(context, parseEmailAddress(address))) };
      case 'reset': return this.reset(b, at(PASSWORDS, c)!);
    }
  }

  private invite(by: Held, address: string, role: (typeof ROLES)[number], overrides: Partial<Record<Module, Level>>): Draft {
    return {
      by, keyed: true, deedOf: (context) => ({ type: 'invite', address: normal(address), role, overrides, userId: context.idFor('user') }),
      run: async (process, context) => {
        const { state } = await execute<{ state: { id: string } }>(process, new InviteUser(context, { email: parseEmailAddress(address), role, overrides, displayName: null, locale: 'en' }));
        return { invited: state.id, address };
      },
    };
  }

  /** By a link from a mail, an old one as well as the newest. */
  private accept(which: number, password: string, name: string): Draft | null {
    const token = this.linkIn('activate', which);
    if (token === null) return null;
    const linkOf = (process: Process) => readable(process.tokens.read('invitation', token));
    return {
      by: null, keyed: true,
      deedOf: (_, process) => { const { userId, generation } = linkOf(process); return { type: 'accept', userId, generation, password, name }; },
      run: async (process, anonymous) => {
        const link = linkOf(process);
        const context = anonymous.as({ businessId: link.businessId });
        const { state } = await execute<{ state: { id: string; email: string } }>(process, new AcceptInvitation(context, link.userId, link.generation, { displayName: name, phone: null, passwordHash: `plain:${password}` }));
        return { password, address: normal(state.email) };
      },
    };
  }

  private reset(which: number, password: string): Draft | null {
    const token = this.linkIn('reset', which);
    if (token === null) return null;
    const linkOf = (process: Process) => readable(process.tokens.read('password-reset', token));
    return {
      by: null, keyed: true,
      deedOf: (_, process) => { const { userId, generation } = linkOf(process); return { type: 'reset', userId, generation, password }; },
      run: async (process, context) => {
        const link = linkOf(process);
        await execute(process, new ResetPassword(context.as({ businessId: link.businessId }), link.userId, link.generation, `plain:${password}`));
        return { password, address: this.users.find(({ id }) => id === link.userId)?.address ?? '' };
      },
    };
  }

  private signIn(address: string, password: string): Draft {
    return {
      by: null, keyed: true, deedOf: (context) => ({ type: 'sign-in', address: normal(address), password, sessionId: context.idFor('session') }),
      run: async (process, context) => {
        const outcome = await execute<SignInOutcome>(process, new SignIn(context, parseEmailAddress(address), password, { ip: '192.0.2.1', userAgent: 'Chrome', deviceToken: undefined }));
        if (outcome.status !== 'signed-in') throw new Error('nobody is enrolled in this simulation');
        return { ...outcome.session, address: normal(address) };
      },
    };
  }

  private newPassword(by: Held, current: string, next: string): Draft {
    return {
      by, keyed: true, deedOf: () => ({ type: 'password', userId: by.userId, current, next, kept: by.sessionId }),
      run: async (process, context) => {
        const proven = await execute<string>(process, new CheckPassword(context, by.sessionId, current, 'change-password'));
        await execute(process, new ChangePassword(context, proven, `plain:${next}`, by.sessionId));
        return { password: next, address: by.address };
      },
    };
  }

  private policy(by: Held, policy: 'off' | 'admins' | 'everyone'): Draft {
    return {
      by, keyed: false, deedOf: () => ({ type: 'policy', policy }),
      run: async (process, context) => execute(process, new ChangeTwoFactorPolicy(context, await process.container.get(UserStreams).actor(context), policy)),
    };
  }

  private change(by: Held, deed: Deed, command: (context: CommandContext) => object): Draft {
    return { by, keyed: false, deedOf: () => deed, run: (process, context) => execute(process, command(context)) };
  }

  /** The client learns from an answer. */
  learn(value: unknown): void {
    const told = (value ?? {}) as { invited?: string; address?: string; password?: string; sessionId?: string; userId?: string; generation?: number };
    if (told.invited !== undefined) this.users.push({ id: told.invited, address: normal(told.address ?? '') });
    if (told.password !== undefined && told.address) this.passwords.set(told.address, told.password);
    if (told.sessionId === undefined || told.userId === undefined || told.generation === undefined) return;
    const known = this.sessions.findIndex(({ sessionId }) => sessionId === told.sessionId);
    const address = told.address ?? this.sessions[known]?.address ?? '';
    const held = { sessionId: told.sessionId, userId: told.userId, generation: told.generation, address };
    if (known === -1) this.sessions.push(held);
    else this.sessions[known] = held;
    if (!this.users.some(({ id }) => id === held.userId)) this.users.push({ id: held.userId, address });
  }

  private linkIn(page: string, which: number): string | null {
    const links = this.mailbox.flatMap(({ text }) => new RegExp(`/${page}[^#\\s]*#token=([\\w-]+)`).exec(text)?.[1] ?? []);
    return links.length === 0 ? null : links[links.length - 1 - (which % Math.min(links.length, 4))] ?? null;
  }
}

export function normal(address: string): string {
  try {
    return parseEmailAddress(address).normalised;
  } catch (error) {
    if (error instanceof InvalidValue) return address;
    throw error;
  }
}

function readable<T>(link: T | null): T {
  if (link === null) throw new Error('a link from a mail cannot be read');
  return link;
}

function at<T>(list: readonly T[], n: number): T | undefined {
  return list.length === 0 ? undefined : list[n % list.length];
}

async function execute<T = unknown>(process: Process, command: object): Promise<T> {
  return (await process.container.execute(command)) as T;
}
