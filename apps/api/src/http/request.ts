import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { Principal } from '@rolebook/sessions/read';
import type { CommandContext } from '@rolebook/event-sourcing';
import type { FastifyRequest } from 'fastify';

/** A request as guards and interceptors leave it for the handler. */
export type ApiRequest = FastifyRequest & {
  /** Set by the session guard on every route that is not public. */
  principal?: Principal;
  /** Set by the change interceptor on every route that changes something. */
  commandContext?: CommandContext;
  /** Set by the idempotency interceptor: what this request was given the first time. */
  attempt?: { readonly commandId: string; readonly at: number; readonly retried: boolean };
};

const requestOf = (context: ExecutionContext) => context.switchToHttp().getRequest<ApiRequest>();

/** The command context of a route that changes something. */
export const Context = createParamDecorator((_: unknown, execution: ExecutionContext): CommandContext => {
  const { commandContext } = requestOf(execution);
  if (!commandContext) throw new Error('the route lacks @Change()');
  return commandContext;
});

/** Who is signed in. */
export const Me = createParamDecorator((_: unknown, execution: ExecutionContext): Principal => principalOf(requestOf(execution)));

/** Who has made a request. */
export function principalOf({ principal }: Pick<ApiRequest, 'principal'>): Principal {
  if (!principal) throw new Error('a public route has no principal');
  return principal;
}
