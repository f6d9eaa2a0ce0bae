import { applyDecorators, type Type } from '@nestjs/common';
import { ApiBearerAuth, ApiExtraModels, ApiProperty, ApiPropertyOptional, ApiResponse, getSchemaPath } from '@nestjs/swagger';
import { PROBLEMS, type ProblemSlug } from './problems';

class FieldProblem {
  @ApiProperty({ example: '#/email' }) pointer!: string;
  @ApiProperty() message!: string;
}

/** A problem document (RFC 9457), as the OpenAPI document shows it. */
export class ProblemAnswer {
  @ApiProperty({ example: 'urn:rolebook:problem:validation' }) type!: string;
  @ApiProperty() title!: string;
  @ApiProperty() status!: number;
  @ApiProperty() detail!: string;
  @ApiProperty() requestId!: string;
  @ApiPropertyOptional({ type: [FieldProblem] }) errors?: FieldProblem[];
}

class ForeseenEvent {
  @ApiProperty() type!: string;
  @ApiProperty() action!: string;
  @ApiProperty({ type: String, nullable: true }) userId!: string | null;
  @ApiProperty({ type: [Object] }) changes!: object[];
}

/** What a dry run answers with. */
export class DryRunDocument {
  @ApiProperty({ enum: [true] }) dryRun!: true;
  @ApiProperty({ type: [ForeseenEvent] }) events!: ForeseenEvent[];
  @ApiProperty({ type: 'object', additionalProperties: true }) impact!: object;
}

/** Problems any route may answer with. */
const ALWAYS: readonly ProblemSlug[] = ['validation', 'unavailable', 'internal', 'payload-too-large', 'unsupported-media-type'];

interface Options { readonly public?: boolean; readonly change?: boolean; readonly description?: string }

/**
 * Documents a route: its answer, and every problem it can give, by status.
 * @param model class of the answer; `null` for an answer without body
 */
export function Answer(status: number, model: Type<unknown> | null, problems: readonly ProblemSlug[] = [], options: Options = {}): MethodDecorator {
  const byStatus = new Map<number, ProblemSlug[]>();
  for (const slug of new Set([...problems, ...ALWAYS])) byStatus.set(PROBLEMS[slug][0], [...(byStatus.get(PROBLEMS[slug][0]) ?? []), slug]);
  return applyDecorators(
    ApiExtraModels(ProblemAnswer, DryRunDocument, ...(model ? [model] : [])),
    model
      ? ApiResponse({ status, description: options.description ?? 'Done.', content: { 'application/json': { schema: status === 200 && options.change ? { oneOf: [{ $ref: getSchemaPath(model) }, { $ref: getSchemaPath(DryRunDocument) }] } : { $ref: getSchemaPath(model) } } } })
      : ApiResponse({ status, description: options.description ?? 'Done; no body.' }),
    ...(options.change && !(status === 200 && model) ? [ApiResponse({ status: 200, description: 'Of a dry run.', content: { 'application/json': { schema: { $ref: getSchemaPath(DryRunDocument) } } } })] : []),
    ...[...byStatus].map(([code, slugs]) => ApiResponse({ status: code, description: slugs.map((slug) => `**${slug}**: ${PROBLEMS[slug][1]}`).join('; '), content: { 'application/problem+json': { schema: { $ref: getSchemaPath(ProblemAnswer) } } } })),
  );
}

/** Needs an access token; says so, with the problems that come of it. */
export const SignedIn = (): ClassDecorator & MethodDecorator => applyDecorators(
  ApiBearerAuth(),
  ApiResponse({ status: 401, description: '**unauthenticated**: no live session', content: { 'application/problem+json': { schema: { $ref: getSchemaPath(ProblemAnswer) } } } }),
);
