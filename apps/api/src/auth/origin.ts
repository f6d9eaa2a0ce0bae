import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { ApiHeader } from '@nestjs/swagger';
import type { Origin } from '@rolebook/sessions/write';
import type { ApiRequest } from '../http/request';

/** Shown by a device that has signed in before: strangers who fail at the account do not lock it out. */
export const TakesDeviceToken = () => ApiHeader({ name: 'Rolebook-Device', required: false, description: 'The `deviceToken` of an earlier sign-in here: failures of others then do not count against this device. Proves nothing else.', schema: { type: 'string', maxLength: 200 } });

/** Where a sign-in comes from. */
export const From = createParamDecorator((_: unknown, execution: ExecutionContext): Origin => {
  const { ip, headers } = execution.switchToHttp().getRequest<ApiRequest>();
  const device = headers['rolebook-device'];
  return { ip, userAgent: headers['user-agent'], deviceToken: typeof device === 'string' ? device : undefined };
});
