import { applyDecorators, ValidationPipe, type ArgumentMetadata, type ValidationError, type ValidationPipeOptions } from '@nestjs/common';
import { ApiProperty, type ApiPropertyOptions } from '@nestjs/swagger';
import { DomainError } from '@rolebook/kernel';
import { IsOptional, ValidateBy, ValidateIf, type ValidationArguments } from 'class-validator';
import { Problem } from './problems';

interface FieldProblem { readonly pointer: string; readonly message: string }

/** Checks bodies and queries against their classes: an unknown field is an error, and every error says where. */
class StrictValidation extends ValidationPipe {
  constructor() {
    super(STRICT);
  }

  /** Errors of a query point to its parameters: `?limit`. */
  override async transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    try {
      return (await super.transform(value, metadata)) as unknown;
    } catch (error) {
      if (metadata.type !== 'query' || !(error instanceof Problem)) throw error;
      const errors = (error.details.errors as FieldProblem[]).map(({ pointer, message }) => ({ pointer: pointer.replace(/^#\//, '?'), message }));
      throw new Problem('validation', undefined, { errors });
    }
  }
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

/** A field whose value one of the domain's parsers takes. */
function Accepted(parser: (input: unknown) => unknown): PropertyDecorator {
  const failure = (value: unknown): string | null => {
    try {
      parser(value);
      return null;
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      const [first] = (error.details.errors ?? []) as FieldProblem[];
      return first?.message ?? error.message;
    }
  };
  return ValidateBy({ name: 'accepted', validator: { validate: (value: unknown) => failure(value) === null, defaultMessage: (args?: ValidationArguments) => failure(args?.value) ?? 'is not valid' } });
}

/** A field of a request: how it is documented, and which parser takes its values. */
export function Field(parser: (input: unknown) => unknown, documented: ApiPropertyOptions): PropertyDecorator {
  const optional = documented.required === false || (documented as { selfRequired?: boolean }).selfRequired === false;
  const nullable = (documented as { nullable?: boolean }).nullable === true;
  const presence = !optional ? [] : nullable ? [IsOptional()] : [ValidateIf((_: object, value: unknown) => value !== undefined)];
  return applyDecorators(ApiProperty(documented), ...presence, Accepted(parser));
}

/** Refuses a value with where and why. @throws {Problem} `validation` */
export function invalidValue(pointer: string, message: string): never {
  throw new Problem('validation', undefined, { errors: [{ pointer, message }] });
}

/** One of a fixed list of words. */
export function oneOf<Word extends string>(words: readonly Word[], pointer = '#'): (input: unknown) => Word {
  return (input) => (typeof input === 'string' && (words as readonly string[]).includes(input) ? (input as Word) : invalidValue(pointer, `must be one of ${words.join(', ')}`));
}

/** A text of at most so many characters; nothing else is asked of it. */
export function textUpTo(max: number, min = 1, pointer = '#'): (input: unknown) => string {
  return (input) => (typeof input === 'string' && input.length >= min && input.length <= max ? input : invalidValue(pointer, `must be a text of ${min} to ${max} characters`));
}
