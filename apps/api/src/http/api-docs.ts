import { applyDecorators, type Type } from '@nestjs/common';
import { ApiBearerAuth, ApiExtension, ApiExtraModels, ApiProperty, ApiPropertyOptional, ApiResponse, getSchemaPath } from '@nestjs/swagger';
import { PROBLEMS, problemType, type ProblemSlug } from './problems';

class FieldProblem {
  @ApiProperty({ example: '#/email', description: 'Where: a JSON pointer into the body, `?name` of a query parameter, or the name of a header.' }) pointer!: string;
  @ApiProperty({ example: 'must be an e-mail address' }) message!: string;
}

/** A problem document (RFC 9457), as the OpenAPI document shows it. */
export class ProblemAnswer {
  @ApiProperty({ enum: [...new Set((Object.keys(PROBLEMS) as ProblemSlug[]).map(problemType))], description: 'Stable; what programs tell problems apart by.' }) type!: string;
  @ApiProperty() title!: string;
  @ApiProperty({ type: 'integer' }) status!: number;
  @ApiProperty() detail!: string;
  @ApiProperty({ description: 'Also in the `X-Request-Id` header; stands in the audit log.' }) requestId!: string;
  @ApiPropertyOptional({ type: [FieldProblem], description: 'Of `validation`: everything that is wrong.' }) errors?: FieldProblem[];
}

/** Whatever JSON can hold: `changes` tells of texts, numbers, levels by module. */
export const anyJson = { anyOf: ['string', 'number', 'boolean', 'object', 'array', 'null'].map((type) => ({ type, ...(type === 'array' ? { items: {} } : {}) })) };

class ForeseenChange {
  @ApiProperty({ example: 'role' }) field!: string;
  @ApiProperty({ ...anyJson, description: 'The value before.' }) from!: unknown;
  @ApiProperty({ ...anyJson, description: 'The value after.' }) to!: unknown;
}

class ForeseenEvent {
  @ApiProperty({ example: 'RoleChanged' }) type!: string;
  @ApiProperty({ example: 'user.role-changed', description: 'As the audit log would call it.' }) action!: string;
  @ApiProperty({ type: String, nullable: true, description: 'Whom it is about.' }) userId!: string | null;
  @ApiProperty({ type: [ForeseenChange] }) changes!: ForeseenChange[];
}

/** What a dry run answers with. */
export class DryRunDocument {
  @ApiProperty({ enum: [true], type: Boolean }) dryRun!: true;
  @ApiProperty({ type: [ForeseenEvent], description: 'What would be written, in order.' }) events!: ForeseenEvent[];
  @ApiProperty({ type: 'object', additionalProperties: true, description: 'What would come of it beyond the events, such as `sessionsEnded`.' }) impact!: object;
}

/** Notes for `openapi-conventions.ts`, which completes the document and takes them out again. */
export const PROBLEMS_NOTE = 'x-problems';
export const WHILE_ENROLLING_NOTE = 'x-while-enrolling';
export const DEAR_NOTE = 'x-dear';

interface Options {
  readonly change?: boolean;
  readonly description?: string;
  /** Media type, or types, of an answer that is no JSON, such as a picture. */
  readonly produces?: string | readonly string[];
}

/**
 * Documents a route: its answer, and the problems of its own that it can give. What holds for every route - headers, and the problems
 * that come of a session, a body or a key - is added to the document by `openapi-conventions.ts`.
 * @param model class of the answer; `null` for an answer without a JSON body
 */
export function Answer(status: number, model: Type<unknown> | null, problems: readonly ProblemSlug[] = [], options: Options = {}): MethodDecorator {
  const dryRun = { $ref: getSchemaPath(DryRunDocument) };
  const inOne = options.change === true && status === 200 && model !== null;
  const content = contentOf(inOne ? { oneOf: [{ $ref: getSchemaPath(model) }, dryRun] } : model && { $ref: getSchemaPath(model) }, options.produces);
  return applyDecorators(
    ApiExtraModels(ProblemAnswer, DryRunDocument, ...(model ? [model] : [])),
    ApiExtension(PROBLEMS_NOTE, problems),
    ApiResponse({ status, description: options.description ?? (content ? 'Done.' : 'Done; no body.'), ...(content ? { content } : {}) }),
    ...(options.change && !inOne ? [ApiResponse({ status: 200, description: 'Of a dry run.', content: json(dryRun) })] : []),
  );
}

function contentOf(schema: object | null, produces: string | readonly string[] | undefined): Record<string, { schema: object }> | null {
  if (produces !== undefined) return Object.fromEntries([produces].flat().map((type) => [type, { schema: { type: 'string', format: 'binary' } }]));
  return schema && json(schema);
}

const json = (schema: object) => ({ 'application/json': { schema } });

/** Needs an access token. */
export const SignedIn = (): ClassDecorator & MethodDecorator => applyDecorators(ApiBearerAuth());
