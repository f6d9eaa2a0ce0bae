import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { streamNames } from '@rolebook/access';
import { Streams, type CommandContext } from '@rolebook/event-sourcing';
import type { AuditLogExported } from '../domain/events';

/** Writes down that somebody takes an export of the audit log; done before the first byte leaves. */
export class RecordAuditExport extends Command<void> {
  constructor(readonly context: CommandContext, readonly format: 'ndjson' | 'csv', readonly filters: Readonly<Record<string, string>>) { super(); }
}

@CommandHandler(RecordAuditExport)
export class RecordAuditExportHandler implements ICommandHandler<RecordAuditExport> {
  constructor(private readonly streams: Streams) {}

  async execute({ context, format, filters }: RecordAuditExport): Promise<void> {
    const event: AuditLogExported = { type: 'AuditLogExported', data: { format, filters } };
    await this.streams.record<AuditLogExported>(streamNames.reviews(context.businessId), context, [event]);
  }
}
