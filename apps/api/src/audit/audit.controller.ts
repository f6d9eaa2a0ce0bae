import { Controller, Get, Inject, Query, Req, Res } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { AuditExport, AuditQueries, filterFields, type Place } from '@rolebook/audit/read';
import { RecordAuditExport, ReviewAuditLog } from '@rolebook/audit/write';
import type { Clock } from '@rolebook/kernel';
import type { Principal } from '@rolebook/sessions/read';
import type { FastifyReply } from 'fastify';
import { CLOCK } from '../composition/tokens';
import { Answer, SignedIn } from '../http/api-docs';
import { readingContext } from '../http/context';
import { Cursors } from '../http/cursor';
import { Freshness } from '../http/freshness';
import { parseLimit } from '../http/list-query';
import { Dear } from '../http/pace.guard';
import { Me, type ApiRequest } from '../http/request';
import { NeedsSettings } from '../http/session.guard';
import { sendWhole } from '../http/streamed';
import { invalidValue } from '../http/validation';
import { AuditList } from './audit.answers';
import { AuditExportQuery, AuditListQuery, filterOf } from './audit.requests';

const MEDIA = { ndjson: 'application/x-ndjson; charset=utf-8', csv: 'text/csv; charset=utf-8; header=present' } as const;

@ApiTags('Audit')
@SignedIn()
@Controller('v1/audit')
export class AuditController {
  constructor(
    private readonly commands: CommandBus, private readonly audit: AuditQueries, private readonly exports: AuditExport,
    private readonly cursors: Cursors, private readonly freshness: Freshness, @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** What happened, newest first. That somebody looked is written down too, once for the same filter in a quarter of an hour. */
  @Get()
  @Dear(1)
  @NeedsSettings('read')
  @Answer(200, AuditList, ['forbidden', 'invalid-cursor'])
  async list(@Me() me: Principal, @Query() query: AuditListQuery, @Req() request: ApiRequest): Promise<object> {
    const filter = filterOf(query);
    const direction = query.order ?? 'desc';
    const list = JSON.stringify(['audit', filter, direction]);
    const after = this.cursors.read<Place>(me.businessId, list, query.cursor);
    const { items, next } = await this.audit.list(me.businessId, filter, { direction, after, limit: parseLimit(query.limit) });
    const page = { items, nextCursor: next && this.cursors.give(me.businessId, list, next) };
    const answer = query.count === 'true' ? { ...page, total: await this.audit.count(me.businessId, filter) } : page;
    await this.commands.execute(new ReviewAuditLog(readingContext(request, this.clock), filterFields(filter)));
    return answer;
  }

  /**
   * The audit log as a file, of any size: NDJSON with proofs that `auditor verify` checks, or CSV for a spreadsheet.
   * An answer that breaks off is cut, and its proof says so.
   */
  @Get('export')
  @Dear(20)
  @NeedsSettings('read')
  @Answer(200, null, ['forbidden'], { produces: ['application/x-ndjson', 'text/csv'], description: 'An entry a line.' })
  async export(@Me() me: Principal, @Query() query: AuditExportQuery, @Req() request: ApiRequest, @Res() reply: FastifyReply): Promise<void> {
    const filter = filterOf(query);
    const { format } = query;
    if (format === 'ndjson' && query.order === 'desc') invalidValue('?order', 'is asc in ndjson: proofs follow the history');
    const context = readingContext(request, this.clock);
    await this.commands.execute(new RecordAuditExport(context, format, filterFields(filter)));
    await this.freshness.within(context.position); // the export tells of itself, and a checkpoint taken next is of the same history
    const at = new Date(context.at).toISOString();
    const stream = await (format === 'ndjson' ? this.exports.ndjson(me.businessId, filter, at) : this.exports.csv(me.businessId, filter, query.order ?? 'asc'));
    const name = `audit-${at.slice(0, 19).replaceAll(':', '')}.${format}`;
    void reply.header('content-type', MEDIA[format]).header('content-disposition', `attachment; filename="${name}"`);
    await sendWhole(reply, stream);
  }
}

