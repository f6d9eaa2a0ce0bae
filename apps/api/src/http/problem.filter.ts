import { Catch, HttpException, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { SubjectErased } from '@rolebook/crypto';
import { DocumentStoreUnavailable } from '@rolebook/document-store';
import { StoreUnavailable } from '@rolebook/event-store';
import { DomainError } from '@rolebook/kernel';
import type { FastifyReply } from 'fastify';
import { log } from '@rolebook/log';
import { Problem, problemDocument } from './problems';
import type { ApiRequest } from './request';

/** Turns whatever was thrown into a problem document. Nothing internal leaks: what nobody foresaw is logged and reads as `internal`. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  catch(thrown: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<ApiRequest>();
    const reply = http.getResponse<FastifyReply>();
    const { error, status } = this.refusal(thrown, request);
    const document = problemDocument(error, request.id, status);
    const retryAfter = error.details.retryAfterSeconds;
    if (typeof retryAfter === 'number') void reply.header('retry-after', String(Math.max(1, Math.ceil(retryAfter))));
    if (document.status === 401) void reply.header('www-authenticate', 'Bearer');
    void reply.status(document.status).header('content-type', 'application/problem+json').send(Buffer.from(JSON.stringify(document)));
  }

  private refusal(thrown: unknown, request: ApiRequest): { error: DomainError; status?: number } {
    if (thrown instanceof DomainError) return { error: thrown };
    if (thrown instanceof StoreUnavailable || thrown instanceof DocumentStoreUnavailable) {
      log.warn('a store is not available', { requestId: request.id, error: thrown.message });
      return { error: new Problem('unavailable', undefined, { retryAfterSeconds: thrown.retryAfterSeconds }) };
    }
    if (thrown instanceof SubjectErased) return { error: new Problem('not-found') };
    const status = statusOf(thrown);
    if (status !== null && status < 500) return { error: ofStatus(status, thrown) };
    log.error('a request failed', { requestId: request.id, error: thrown instanceof Error ? thrown.stack ?? thrown.message : String(thrown) });
    return { error: new Problem('internal') };
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
    case 404: return new Problem('not-found', 'There is nothing here.');
    case 405: return new Problem('method-not-allowed');
    case 413: return new Problem('payload-too-large');
    case 414: return new Problem('uri-too-long');
    case 415: return new Problem('unsupported-media-type');
    case 431: return new Problem('headers-too-large');
    default: return isJsonError(thrown) ? new Problem('invalid-json') : new Problem('validation');
  }
}

function isJsonError(thrown: unknown): boolean {
  const code = (thrown as { code?: unknown } | null)?.code;
  return thrown instanceof SyntaxError || (typeof code === 'string' && code.startsWith('FST_ERR_CTP'));
}
