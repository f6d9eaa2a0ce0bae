import type { Row } from '../frame/row';
import { mePermissions } from './me-permissions';

/** In the order of the table. */
export const rows: readonly Row[] = [mePermissions];
