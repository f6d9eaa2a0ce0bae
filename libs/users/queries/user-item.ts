import { effectivePermissions, settingsLevel, twoFactorRequired, type Level, type Overrides, type Role } from '@rolebook/access';
import { fromBytes } from '@rolebook/document-store';
import type { UserDocument } from '../projections/user-directory';
import { statusAt, userView, type ViewedAt } from './user-view';

/** A user's view as JSON text. */
export interface UserItem {
  readonly text: string;
  /** Until when the same document reads like this under the same policy, in milliseconds since the epoch. */
  readonly until: number;
}

/**
 * Where parts of a document's text begin, in their order. No text of a person can be taken for one: a quote within a string is escaped,
 * so `,"` is followed by a letter between two members only.
 */
const MARKS = ['businessId', 'status', 'listed', 'email', 'sortName', 'phone', 'avatar', 'role', 'roleOrigin', 'hasTwoFactor', 'twoFactorEnabledAt', 'invitation', 'createdAt'].map((name) => `,"${name}":`);

const HEAD = '{"id":"';
/** Where the value of a member begins, which begins itself at a mark. */
const valueAt = (start: number, name: string): number => start + name.length + 4;

interface Authority {
  /** JSON text. */
  readonly permissions: string;
  readonly settings: Level;
}

/** By the text of a role and its overrides. There are a few hundred at most in any business; emptied where it is more. */
const authorities = new Map<string, Authority>();
const MOST_AUTHORITIES = 2_000;

/**
 * What {@link userView} shows, cut from the text of a document: a page of users is put together without being parsed, at a fifth of the cost.
 * A text with its members in another order than the directory writes them is parsed.
 */
export function userItem(json: string, at: ViewedAt): UserItem {
  if (!json.startsWith(HEAD)) return parsed(json, at);
  const starts: number[] = [];
  for (let index = 0, from = 0; index < MARKS.length; index++) {
    const start = json.indexOf(MARKS[index] as string, from);
    if (start < 0) return parsed(json, at);
    starts.push(start);
    from = start;
  }
  const [businessId, status, listed, email, sortName, phone, avatar, role, roleOrigin, hasTwoFactor, enabledAt, invitation, createdAt] = starts as unknown as Starts;
  const stored = json.slice(status, listed);
  // Whether an invitation has expired hangs on the moment.
  const open = stored === ',"status":"invited"' ? (JSON.parse(json.slice(valueAt(invitation, 'invitation'), createdAt)) as UserDocument['invitation']) : null;
  const shown = open === null ? stored : `,"status":"${statusAt({ status: 'invited', invitation: open } as UserDocument, at.now)}"`;
  const given = json.slice(role, roleOrigin);
  const { permissions, settings } = authorityOf(given);
  const picture = json.slice(valueAt(avatar, 'avatar'), role);
  const url = picture === 'null' ? picture : `"/v1/users/${json.slice(HEAD.length, businessId - 1)}/avatar?v=${picture.slice(1)}`;
  const text = `${json.slice(0, businessId)}${shown}${json.slice(email, sortName)}${json.slice(phone, avatar)},"avatarUrl":${url}${given},"permissions":${permissions}`
    + `,"twoFactor":{"enabled":${json.slice(valueAt(hasTwoFactor, 'hasTwoFactor'), enabledAt)},"required":${twoFactorRequired(at.policy, settings)},"enabledAt":${json.slice(valueAt(enabledAt, 'twoFactorEnabledAt'), invitation)}}${json.slice(invitation)}`;
  return { text, until: untilOf(open, at.now) };
}

/** Where a document stands in a list sorted by one of its members, cut from its text. @param json a character for each byte, see `asBytes` */
export function placeOf(json: string, field: 'sortName' | 'createdAt' | 'lastSeenAt'): { readonly value: string | null; readonly id: string } {
  const start = json.indexOf(`,"${field}":`);
  if (start < 0 || !json.startsWith(HEAD)) return placeParsed(json, field);
  const value = start + field.length + 4;
  if (json.charCodeAt(value) !== QUOTE) return placeParsed(json, field);
  let end = json.indexOf('"', value + 1);
  while (isEscaped(json, end)) end = json.indexOf('"', end + 1);
  return { value: JSON.parse(fromBytes(json.slice(value, end + 1))) as string, id: json.slice(HEAD.length, json.indexOf('"', HEAD.length)) };
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Whether an odd number of backslashes stands before a character (RFC 8259, section 7). */
function isEscaped(json: string, at: number): boolean {
  let slashes = 0;
  while (json.charCodeAt(at - 1 - slashes) === BACKSLASH) slashes++;
  return slashes % 2 === 1;
}

function placeParsed(json: string, field: 'sortName' | 'createdAt' | 'lastSeenAt'): { readonly value: string | null; readonly id: string } {
  const user = JSON.parse(fromBytes(json)) as UserDocument;
  return { value: user[field], id: user.id };
}

type Starts = readonly [number, number, number, number, number, number, number, number, number, number, number, number, number];

function authorityOf(given: string): Authority {
  let authority = authorities.get(given);
  if (!authority) {
    const user = JSON.parse(`{${given.slice(1)}}`) as { role: Role; overrides: Overrides };
    authority = { permissions: JSON.stringify(effectivePermissions(user.role, user.overrides)), settings: settingsLevel(user) };
    if (authorities.size >= MOST_AUTHORITIES) authorities.clear();
    authorities.set(given, authority);
  }
  return authority;
}

function parsed(json: string, at: ViewedAt): UserItem {
  const user = JSON.parse(json) as UserDocument;
  return { text: JSON.stringify(userView(user, at)), until: untilOf(user.status === 'invited' ? user.invitation : null, at.now) };
}

function untilOf(invitation: UserDocument['invitation'], now: number): number {
  const end = invitation === null ? Infinity : Date.parse(invitation.expiresAt);
  return end > now ? end : Infinity;
}
