/** What the audit writes down itself. */
import { RecordAuditExportHandler } from './use-cases/export-audit-log';
import { ReviewAuditLogHandler } from './use-cases/review-audit-log';

export { RecordAuditExport } from './use-cases/export-audit-log';
export { REVIEW_MS, ReviewAuditLog, REVIEWS } from './use-cases/review-audit-log';

/** Everything the composition must provide. */
export const auditWriteProviders = [RecordAuditExportHandler, ReviewAuditLogHandler];
