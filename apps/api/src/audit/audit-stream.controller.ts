import { Controller, Get, Headers, Inject, Query, Req, Res } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiHeader, ApiTags } from '@nestjs/swagger';
import { AuditFeed, AuditQueries, filterFields, type Place } from '@rolebook/audit/read';
import { ReviewAuditLog } from '@rolebook/audit/write';
import { isUuid, type Clock } from '@rolebook/kernel';
import type { Principal } from '@rolebook/sessions/read';
import type { FastifyReply } from 'fastify';
import { CLOCK } from '../composition/tokens';
import { Answer, SignedIn } from '../http/api-docs';
import { readingContext } from '../http/context';
import { Dear } from '../http/pace.guard';
import { Me, type ApiRequest } from '../http/request';
import { NeedsSettings } from '../http/session.guard';
import { sendStream } from '../http/streamed';
import { invalidValue } from '../http/validation';
import { AuditStreamQuery, filterOf } from './audit.requests';
import { AuditStreams } from './audit-streams';

@ApiTags('Audit')
@SignedIn()
@Controller('v1/audit/stream')
export class AuditStreamController {
  constructor(
    private readonly commands: CommandBus, private readonly streams: AuditStreams, private readonly feed: AuditFeed,
    private readonly audit: AuditQueries, @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /**
   * What happens from now on, or since the entry that `Last-Event-ID` names, as server-sent events: `id` is the entry's, `data` the entry.
   * None is missed and none comes twice, over reconnects and restarts. Ends with the session.
   */
  @Get()
  @Dear(10)
  @NeedsSettings('read')
  @ApiHeader({ name: 'Last-Event-ID', required: false, schema: { type: 'string', pattern: '^([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})?$' }, description: 'Id of the last entry received; empty where there was none.' })
  @Answer(200, null, ['forbidden'], { produces: 'text/event-stream', description: 'Server-sent events.' })
  async stream(
    @Me() me: Principal, @Query() query: AuditStreamQuery, @Headers('last-event-id') last: string | undefined, @Req() request: ApiRequest, @Res() reply: FastifyReply,
  ): Promise<void> {
    const filter = filterOf(query);
    const after = last === undefined || last === '' ? await this.feed.end(me.businessId) : await this.place(me.businessId, last);
    await this.commands.execute(new ReviewAuditLog(readingContext(request, this.clock), { ...filterFields(filter), live: 'true' }));
    void reply.header('content-type', 'text/event-stream').header('x-accel-buffering', 'no');
    await sendStream(reply, this.streams.stream(me, filter, after));
  }

  private async place(businessId: string, entryId: string): Promise<Place> {
    const entry = isUuid(entryId) ? await this.audit.find(businessId, entryId) : null;
    return entry ?? invalidValue('Last-Event-ID', 'is no entry of this audit log');
  }
}
