import fc from 'fast-check';
import { hostileText, hostileValue } from './hostile';

export interface Schema {
  readonly $ref?: string; readonly type?: string | readonly string[]; readonly enum?: readonly unknown[]; readonly format?: string; readonly pattern?: string;
  readonly minLength?: number; readonly maxLength?: number; readonly minimum?: number; readonly maximum?: number;
  readonly properties?: Readonly<Record<string, Schema>>; readonly required?: readonly string[]; readonly items?: Schema; readonly anyOf?: readonly Schema[]; readonly example?: string;
}

/** Stands in a request for something that earlier answers hold: `{{users}}` is somebody's id. Filled in when the request is sent. */
export const PLACEHOLDER = /\{\{(\w+)\}\}/;
/** Which pool a field, parameter or header draws on, by its name. */
const POOL_OF: Readonly<Record<string, string>> = {
  id: 'users', user: 'users', actor: 'users', sid: 'sessions', entry: 'entries', cursor: 'cursors', at: 'times', token: 'tokens', refreshToken: 'refreshTokens', challenge: 'challenges', email: 'emails', password: 'passwords', currentPassword: 'passwords', newPassword: 'passwords',
  business: 'slugs', 'If-Match': 'etags', 'Rolebook-After': 'positions', 'Idempotency-Key': 'keys', 'Setup-Token': 'setupTokens', 'Last-Event-ID': 'entries', 'Rolebook-Device': 'devices', code: 'codes',
};

export const pooled = (name: string): fc.Arbitrary<string> | null => (POOL_OF[name] === undefined ? null : fc.constant(`{{${POOL_OF[name]}}}`));

/** A value that the schema takes, most often; what it does not say (that a password is strong) may still refuse it. */
export function fitting(schema: Schema, schemas: Readonly<Record<string, Schema>>, name = ''): fc.Arbitrary<unknown> {
  if (schema.$ref) return fitting(schemas[schema.$ref.split('/').at(-1)!]!, schemas, name);
  const pool = pooled(name);
  const own = ofType(schema, schemas);
  return pool === null ? own : fc.oneof({ weight: 6, arbitrary: pool }, { weight: 1, arbitrary: own });
}

function ofType(schema: Schema, schemas: Readonly<Record<string, Schema>>): fc.Arbitrary<unknown> {
  if (schema.enum) return fc.constantFrom(...schema.enum);
  if (schema.anyOf) return fc.oneof(...schema.anyOf.map((one) => fitting(one, schemas)));
  const types = [schema.type ?? 'object'].flat();
  return fc.oneof(...types.map((type) => {
    switch (type) {
      case 'null': return fc.constant(null);
      case 'boolean': return fc.boolean();
      case 'integer': case 'number': return fc.oneof(fc.integer({ min: schema.minimum ?? 0, max: schema.maximum ?? 1000 }), fc.constantFrom(schema.minimum ?? 0, schema.maximum ?? 200));
      case 'array': return fc.array(schema.items ? fitting(schema.items, schemas) : hostileValue, { maxLength: 4 });
      case 'object': return objectOf(schema, schemas);
      default: return text(schema);
    }
  }));
}

function objectOf({ properties = {}, required = [] }: Schema, schemas: Readonly<Record<string, Schema>>): fc.Arbitrary<object> {
  return fc.record(Object.fromEntries(Object.entries(properties).map(([name, property]) => [name, fitting(property, schemas, name)])), { requiredKeys: [...required], noNullPrototype: true });
}

function text({ format, pattern, minLength = 0, maxLength = 100, example }: Schema): fc.Arbitrary<string> {
  if (format === 'uuid') return fc.uuid({ version: 7 });
  if (format === 'date-time') return fc.oneof(fc.constant('{{times}}'), fc.date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true }).map((date) => date.toISOString()));
  if (pattern) return fc.oneof(fc.stringMatching(new RegExp(pattern)), fc.constant(example ?? 'a-slug'));
  const words = fc.oneof(fc.constant(example ?? 'some words'), fc.string({ unit: 'grapheme', minLength, maxLength: Math.min(maxLength, 60) }), fc.constantFrom('x'.repeat(Math.max(1, minLength)), 'x'.repeat(Math.min(maxLength, 2_000))));
  return words;
}

/** A value of the schema with one thing wrong in it, at any depth: missing, of another type, too much, or a name that means something to JavaScript. */
export function spoilt(schema: Schema, schemas: Readonly<Record<string, Schema>>): fc.Arbitrary<unknown> {
  const key = fc.oneof(fc.constantFrom('__proto__', 'constructor', 'prototype', 'role', 'id', 'businessId', 'status', 'revision', 'admin', ''), hostileText);
  return fc.tuple(fitting(schema, schemas), fc.nat(), fc.constantFrom('drop', 'replace', 'add', 'wrap'), key, hostileValue).map(([value, at, how, name, other]) => {
    const places = objectsIn(value);
    if (places.length === 0) return other;
    const place = places[at % places.length]!;
    const names = Object.keys(place);
    const which = names[at % Math.max(1, names.length)];
    if (how === 'add' || which === undefined) Object.defineProperty(place, name, { value: other, enumerable: true, configurable: true, writable: true });
    else if (how === 'drop') delete place[which];
    else place[which] = how === 'wrap' ? [place[which]] : other;
    return value;
  });
}

function objectsIn(value: unknown): Record<string, unknown>[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [];
  return [value as Record<string, unknown>, ...Object.values(value).flatMap(objectsIn)];
}
