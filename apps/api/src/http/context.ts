import { CommandContext } from '@rolebook/event-sourcing';
import type { Clock } from '@rolebook/kernel';
import { deviceName } from '@rolebook/sessions/read';
import { randomUUID } from 'node:crypto';
import type { ApiRequest } from './request';

/** The context of a read that is itself written down: who, from where, by which request. */
export function readingContext(request: ApiRequest, clock: Clock): CommandContext {
  const { principal } = request;
  if (!principal) throw new Error('a public route has no principal');
  return new CommandContext({
    businessId: principal.businessId, actor: { type: 'user', id: principal.userId }, sessionId: principal.sessionId,
    at: clock.now(), commandId: randomUUID(), requestId: request.id, ip: request.ip, device: deviceName(request.headers['user-agent']),
  });
}
