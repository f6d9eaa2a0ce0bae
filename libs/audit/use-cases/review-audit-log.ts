import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { streamNames } from '@rolebook/access';
import { Streams, type CommandContext } from '@rolebook/event-sourcing';
import { onceUntil, type OperationalStore } from '@rolebook/operational-store';
import type { AuditLogReviewed } from '../domain/events';

/** Where it is remembered who has looked at what lately. */
export const REVIEWS = Symbol('OperationalStore');

/** Looking on at the same thing for this long is one review; product.md asks for reviews, not for every page turn. */
export const REVIEW_MS = 15 * 60_000;

const BUCKET = 'audit-reviews';

/** Writes down that somebody looks at the audit log, once for the same person and filter in 15 minutes, on whatever node. */
export class ReviewAuditLog extends Command<void> {
  /** @param filters what is looked at, in words without personal data */
  constructor(readonly context: CommandContext, readonly filters: Readonly<Record<string, string>>) { super(); }
}

@CommandHandler(ReviewAuditLog)
export class ReviewAuditLogHandler implements ICommandHandler<ReviewAuditLog> {
  constructor(private readonly streams: Streams, @Inject(REVIEWS) private readonly reviews: OperationalStore) {}

  async execute({ context, filters }: ReviewAuditLog): Promise<void> {
    const { businessId, at } = context;
    const sorted = Object.fromEntries(Object.entries(filters).sort(([a], [b]) => (a < b ? -1 : 1)));
    const key = `${businessId}/${context.userId}/${JSON.stringify(sorted)}`;
    const event: AuditLogReviewed = { type: 'AuditLogReviewed', data: { filters: sorted } };
    await onceUntil(this.reviews, BUCKET, key, at + REVIEW_MS, () => this.streams.record<AuditLogReviewed>(streamNames.reviews(businessId), context, [event]));
  }
}
