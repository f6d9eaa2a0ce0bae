import { Catch, HttpException, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { SubjectErased } from '@rolebook/crypto';
import { DomainError } from '@rolebook/kernel';
import { log } from '@rolebook/log';
import type { FastifyReply } from 'fastify';
import { Problem, problemDocument } from './problems';
import { Refusals } from './refusals';
import type { ApiRequest } from './request';
import type { MethodsByPath } from './transport';

/** Turns whatever was thrown into a problem document. Nothing internal leaks: what nobody foresaw is logged and reads as `internal`. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(private readonly refusals: Refusals) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<ApiRequest>();
    const reply = http.getResponse<FastifyReply>();
    const error = this.refusal(thrown, request);
    if (this.refusals.concerns(request, error)) void this.refusals.writeRead(request, error).then(() => this.answer(error, request, reply));
    else this.answer(error, request, reply);
  }

  private answer(error: DomainError, request: ApiRequest, reply: FastifyReply): void {
    const document = problemDocument(error, request.id);
    const { allow, retryAfterSeconds: retryAfter } = error.details;
    if (typeof allow === 'string') void reply.header('allow', allow);
    if (typeof retryAfter === 'number') void reply.header('retry-after', String(Math.max(1, Math.ceil(retryAfter))));
    if (document.status === 401) void reply.header('www-authenticate', 'Bearer');
    void reply.status(document.status).header('content-type', 'application/problem+json').send(Buffer.from(JSON.stringify(document)));
  }

  private refusal(thrown: unknown, request: ApiRequest): DomainError {
    if (thrown instanceof DomainError) return thrown;
    if (isUnavailable(thrown)) {
      log.warn('not available', { requestId: request.id, error: thrown.message });
      return new Problem('unavailable', undefined, { retryAfterSeconds: thrown.retryAfterSeconds });
    }
    if (thrown instanceof SubjectErased) return new Problem('not-found');
    const status = statusOf(thrown);
    if (status === 404 || codeOf(thrown) === 'FST_ERR_ROUTE_MISSING_CONTENT_TYPE') return nothingAt(request); // QUERY (RFC 10008), which no route takes, fails before the routes are looked at
    if (status !== null && status < 500) return ofStatus(status, thrown);
    log.error('a request failed', { requestId: request.id, error: thrown instanceof Error ? thrown.stack ?? thrown.message : String(thrown) });
    return new Problem('internal');
  }
}

/** The status that Nest or Fastify gave an error of theirs. */
function statusOf(thrown: unknown): number | null {
  if (thrown instanceof HttpException) return thrown.getStatus();
  const status = (thrown as { statusCode?: unknown } | null)?.statusCode;
  return typeof status === 'number' ? status : null;
}

function ofStatus(status: number, thrown: unknown): Problem {
  switch (status) {
    case 401: return new Problem('unauthenticated');
    case 403: return new Problem('forbidden');
    case 413: return new Problem('payload-too-large');
    case 414: return new Problem('uri-too-long');
    case 415: return new Problem('unsupported-media-type');
    case 431: return new Problem('headers-too-large');
    default: return isJsonError(thrown) ? new Problem('invalid-json') : new Problem('validation');
  }
}

/** No route: a wrong path, or a wrong method at a right one. */
function nothingAt({ server, url }: ApiRequest): Problem {
  const methods = (server as unknown as { methodsByPath: MethodsByPath }).methodsByPath.at(url);
  return methods.length === 0 ? new Problem('not-found', 'There is nothing here.') : new Problem('method-not-allowed', undefined, { allow: methods.join(', ') });
}

/** Whether a store, or the threads that hash passwords, cannot be reached or are too busy, and say when to try again: the errors of all ports do so alike. */
function isUnavailable(thrown: unknown): thrown is Error & { readonly retryAfterSeconds: number } {
  return thrown instanceof Error && typeof (thrown as { retryAfterSeconds?: unknown }).retryAfterSeconds === 'number';
}

/** Nest puts Fastify's own errors into its own; their codes say what is wrong with a body. */
function isJsonError(thrown: unknown): boolean {
  const code = codeOf(thrown);
  return thrown instanceof SyntaxError || (typeof code === 'string' && code.startsWith('FST_ERR_CTP'));
}

function codeOf(thrown: unknown): unknown {
  return ((thrown instanceof HttpException ? thrown.cause : thrown) as { readonly code?: unknown } | null | undefined)?.code;
}
