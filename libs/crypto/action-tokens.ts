import { timingSafeEqual } from 'node:crypto';
import { isUuid } from '@rolebook/kernel';
import type { InstallationSecrets } from './installation-secrets';
import { decodeBase64Url } from './secret-bytes';

/**
 * What each kind of token carries. `uuid`: 16 bytes. `counter`: an integer from 0, 4 bytes. `moment`: milliseconds since the epoch, 6 bytes.
 * The order is the order in the token: a change of a layout needs a new `tag`.
 */
const LAYOUTS = {
  /** The link that activates an invited user; sending it again raises the generation. */
  invitation: { tag: 1, fields: { businessId: 'uuid', userId: 'uuid', generation: 'counter' } },
  /** The link that sets a new password. */
  'password-reset': { tag: 2, fields: { businessId: 'uuid', userId: 'uuid', generation: 'counter', expiresAt: 'moment' } },
  /** Gives the next pair of tokens of a session; each use raises the generation. */
  refresh: { tag: 3, fields: { businessId: 'uuid', sessionId: 'uuid', generation: 'counter' } },
  /** The half-open sign-in that waits for a code; bound to the session being opened, and worthless once the user's session epoch has moved. */
  'two-factor-challenge': { tag: 4, fields: { businessId: 'uuid', userId: 'uuid', sessionId: 'uuid', epoch: 'counter', expiresAt: 'moment' } },
  /** Names a device that its user has signed in from. Opens nothing: failures of others are not counted against it. */
  device: { tag: 5, fields: { businessId: 'uuid', userId: 'uuid', deviceId: 'uuid' } },
} as const;

type Layouts = typeof LAYOUTS;
export type ActionTokenPurpose = keyof Layouts;
type FieldKind = 'uuid' | 'counter' | 'moment';
type FieldValue<Kind> = Kind extends 'uuid' ? string : number;
/** What a token of this purpose refers to. */
export type ActionTokenFields<Purpose extends ActionTokenPurpose> = {
  readonly [Field in keyof Layouts[Purpose]['fields']]: FieldValue<Layouts[Purpose]['fields'][Field]>;
};

/**
 * Tokens that are derived, not stored: their references and an HMAC-SHA-256 over them, under a key of their purpose.
 * The same fields give the same token, so a mail that is sent again after a crash holds the same link,
 * and a copy of the database holds no token that works.
 * A token says nothing about whether it is still good: whoever reads one compares the generation, and `expiresAt`, with what happened.
 * A class only to be a token for injection: {@link createActionTokens} makes one.
 */
export abstract class ActionTokens {
  /** @returns URL-safe, without padding, at most 128 characters. @throws {RangeError} where a field is no UUID, or no integer in its range */
  abstract issue<Purpose extends ActionTokenPurpose>(purpose: Purpose, fields: ActionTokenFields<Purpose>): string;
  /** The fields, or `null` where the token was not issued here for this purpose. Takes any input; tells nothing by its time. */
  abstract read<Purpose extends ActionTokenPurpose>(purpose: Purpose, token: unknown): ActionTokenFields<Purpose> | null;
}

const FIELD_BYTES: Record<FieldKind, number> = { uuid: 16, counter: 4, moment: 6 };
const MAC_BYTES = 32;

export function createActionTokens(secrets: Pick<InstallationSecrets, 'macBytes'>): ActionTokens {
  const mac = (purpose: ActionTokenPurpose, body: Uint8Array) => secrets.macBytes(`action-token/${purpose}`, body);
  return {
    issue(purpose, fields) {
      const body = encode(purpose, fields);
      return Buffer.concat([body, mac(purpose, body)]).toString('base64url');
    },
    read(purpose, token) {
      const length = bodyBytes(purpose) + MAC_BYTES;
      if (typeof token !== 'string' || token.length !== Math.ceil((length * 4) / 3)) return null;
      const bytes = decodeBase64Url(token);
      if (!bytes || bytes.length !== length) return null;
      const body = bytes.subarray(0, length - MAC_BYTES);
      const genuine = timingSafeEqual(bytes.subarray(length - MAC_BYTES), mac(purpose, body));
      return genuine && body[0] === LAYOUTS[purpose].tag ? decode(purpose, body) : null;
    },
  };
}

function layout(purpose: ActionTokenPurpose): [name: string, kind: FieldKind][] {
  return Object.entries(LAYOUTS[purpose].fields);
}

function bodyBytes(purpose: ActionTokenPurpose): number {
  return layout(purpose).reduce((bytes, [, kind]) => bytes + FIELD_BYTES[kind], 1);
}

function encode<Purpose extends ActionTokenPurpose>(purpose: Purpose, fields: ActionTokenFields<Purpose>): Buffer {
  const body = Buffer.alloc(bodyBytes(purpose));
  let offset = body.writeUInt8(LAYOUTS[purpose].tag);
  for (const [name, kind] of layout(purpose)) {
    const value: unknown = fields[name as keyof typeof fields];
    if (kind === 'uuid') {
      if (typeof value !== 'string' || !isUuid(value)) throw new RangeError(`${name} must be a UUID in lower case`);
      body.write(value.replaceAll('-', ''), offset, 'hex');
    } else {
      const bytes = FIELD_BYTES[kind];
      if (!Number.isInteger(value) || (value as number) < 0 || (value as number) >= 256 ** bytes) throw new RangeError(`${name} must be an integer that fits ${bytes} bytes`);
      body.writeUIntBE(value as number, offset, bytes);
    }
    offset += FIELD_BYTES[kind];
  }
  return body;
}

function decode<Purpose extends ActionTokenPurpose>(purpose: Purpose, body: Buffer): ActionTokenFields<Purpose> {
  const fields: Record<string, string | number> = {};
  let offset = 1;
  for (const [name, kind] of layout(purpose)) {
    const bytes = FIELD_BYTES[kind];
    fields[name] = kind === 'uuid' ? uuid(body.toString('hex', offset, offset + bytes)) : body.readUIntBE(offset, bytes);
    offset += bytes;
  }
  return fields as ActionTokenFields<Purpose>;
}

function uuid(hex: string): string {
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
