import { applyDecorators, ValidationPipe, type ArgumentMetadata, type Type, type ValidationError, type ValidationPipeOptions } from '@nestjs/common';
import { ApiProperty, type ApiPropertyOptions } from '@nestjs/swagger';
import { DomainError } from '@rolebook/kernel';
import { getMetadataStorage, IsOptional, ValidateBy, ValidateIf, type ValidationArguments } from 'class-validator';
import { Problem } from './problems';

interface FieldProblem { readonly pointer: string; readonly message: string }

/** Checks bodies and queries against their classes: an unknown field is an error, and every error says where. */
class StrictValidation extends ValidationPipe {
  constructor() {
    super(STRICT);
  }

  /** Not asynchronous where nothing has to be looked into: this is called for every argument of every handler. */
  override transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    if (metadata.type === 'custom' || metadata.metatype === undefined) return value as Promise<unknown>;
    const accepted = metadata.type === 'query' ? acceptedQuery(value, metadata.metatype) : null;
    return accepted === null ? this.validated(value, metadata) : (accepted as Promise<unknown>);
  }

  /** Errors of a query point to its parameters: `?limit`. */
  private async validated(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    try {
      return (await super.transform(value, metadata)) as unknown;
    } catch (error) {
      if (metadata.type !== 'query' || !(error instanceof Problem)) throw error;
      const errors = (error.details.errors as FieldProblem[]).map(({ pointer, message }) => ({ pointer: pointer.replace(/^#\//, '?'), message }));
      throw new Problem('validation', undefined, { errors });
    }
  }
}

type Parser = (input: unknown) => unknown;
interface FieldRule { readonly parser: Parser; readonly isRequired: boolean }

/** The fields that a class of requests declares itself, by its prototype. */
const DECLARED = new WeakMap<object, Map<string, FieldRule>>();
/** The fields of a class with those of the classes it extends. */
const FIELDS = new WeakMap<object, ReadonlyMap<string, FieldRule>>();
/** Of queries that nobody can change, since many requests share them: what was accepted last. */
const ACCEPTED = new WeakMap<object, { readonly type: Type; readonly query: object }>();

/**
 * A query that is good, at a tenth of what class-validator needs; `null` where it may not be, and class-validator is to say what is wrong.
 * Queries are flat and each of their fields has a parser, so that both come to the same end. One that is frozen, as those that {@link QuickServer} keeps are, is taken apart once.
 */
export function acceptedQuery(value: unknown, type: Type): object | null {
  if (typeof value !== 'object' || value === null) return null;
  const known = ACCEPTED.get(value);
  if (known?.type === type) return known.query;
  const query = taken(value, type);
  if (query !== null && Object.isFrozen(value)) ACCEPTED.set(value, { type, query: Object.freeze(query) });
  return query;
}

function taken(value: object, type: Type): object | null {
  const fields = fieldsOf(type);
  if (fields.size === 0) return null;
  const query = Object.create(type.prototype as object) as Record<string, unknown>;
  for (const [name, given] of Object.entries(value)) {
    const field = fields.get(name);
    if (!field || given === undefined || failureOf(field.parser, given) !== null) return null;
    query[name] = given;
  }
  for (const [name, { isRequired }] of fields) if (isRequired && !Object.hasOwn(query, name)) return null;
  return query;
}

/** None where class-validator knows of fields besides: Nest's mapped types (`PickType` and the like) hand on its rules alone. */
function fieldsOf(type: Type): ReadonlyMap<string, FieldRule> {
  let fields = FIELDS.get(type);
  if (!fields) {
    const declared = declaredBy(type.prototype as object);
    const validated = new Set(getMetadataStorage().getTargetValidationMetadatas(type, '', false, false).map(({ propertyName }) => propertyName));
    fields = validated.size === declared.size ? declared : new Map<string, FieldRule>();
    FIELDS.set(type, fields);
  }
  return fields;
}

function declaredBy(prototype: object | null): Map<string, FieldRule> {
  return prototype === null ? new Map<string, FieldRule>() : new Map([...declaredBy(Object.getPrototypeOf(prototype) as object | null), ...(DECLARED.get(prototype) ?? [])]);
}

export const strictValidation = (): ValidationPipe => new StrictValidation();

const STRICT: ValidationPipeOptions = {
  whitelist: true, forbidNonWhitelisted: true, forbidUnknownValues: true, transform: true, stopAtFirstError: true,
  transformOptions: { enableImplicitConversion: false },
  validationError: { target: false, value: false },
  exceptionFactory: (errors: ValidationError[]) => new Problem('validation', undefined, { errors: errors.flatMap((error) => flattened(error, '#')) }),
};

function flattened(error: ValidationError, at: string): FieldProblem[] {
  const pointer = `${at}/${error.property.replaceAll('~', '~0').replaceAll('/', '~1')}`;
  const own = Object.entries(error.constraints ?? {}).map(([rule, message]) => ({ pointer, message: rule === 'whitelistValidation' ? 'is not known here' : message }));
  return [...own, ...(error.children ?? []).flatMap((child) => flattened(child, pointer))];
}

/** What a parser has against a value; `null` where it takes it. */
function failureOf(parser: Parser, value: unknown): string | null {
  try {
    parser(value);
    return null;
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    const [first] = (error.details.errors ?? []) as FieldProblem[];
    return first?.message ?? error.message;
  }
}

/** A field whose value one of the domain's parsers takes. */
function Accepted(parser: Parser): PropertyDecorator {
  return ValidateBy({ name: 'accepted', validator: { validate: (value: unknown) => failureOf(parser, value) === null, defaultMessage: (args?: ValidationArguments) => failureOf(parser, args?.value) ?? 'is not valid' } });
}

/** Lets the field be found by its class. */
function Declared(parser: Parser, isRequired: boolean): PropertyDecorator {
  return (prototype, name) => {
    const fields = DECLARED.get(prototype) ?? new Map<string, FieldRule>();
    DECLARED.set(prototype, fields.set(String(name), { parser, isRequired }));
  };
}

/** A field of a request: how it is documented, and which parser takes its values. */
export function Field(parser: Parser, documented: ApiPropertyOptions): PropertyDecorator {
  const optional = documented.required === false || (documented as { selfRequired?: boolean }).selfRequired === false;
  const nullable = (documented as { nullable?: boolean }).nullable === true;
  const presence = !optional ? [] : nullable ? [IsOptional()] : [ValidateIf((_: object, value: unknown) => value !== undefined)];
  return applyDecorators(ApiProperty(documented), ...presence, Accepted(parser), Declared(parser, !optional));
}

/** Refuses a value with where and why. @throws {Problem} `validation` */
export function invalidValue(pointer: string, message: string): never {
  throw new Problem('validation', undefined, { errors: [{ pointer, message }] });
}

/** One of a fixed list of words. */
export function oneOf<Word extends string>(words: readonly Word[], pointer = '#'): (input: unknown) => Word {
  return (input) => (typeof input === 'string' && (words as readonly string[]).includes(input) ? (input as Word) : invalidValue(pointer, `must be one of ${words.join(', ')}`));
}

/** In a JSON Schema: words of a fixed list, separated by commas. */
export function wordsPattern(words: readonly string[]): string {
  const one = `(${words.map((word) => word.replaceAll('.', '\\.')).join('|')})`;
  return `^${one}(,${one})*$`;
}

/** A text of at most so many characters; nothing else is asked of it. */
export function textUpTo(max: number, min = 1, pointer = '#'): (input: unknown) => string {
  return (input) => (typeof input === 'string' && input.length >= min && input.length <= max ? input : invalidValue(pointer, `must be a text of ${min} to ${max} characters`));
}
