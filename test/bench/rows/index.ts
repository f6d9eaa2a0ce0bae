import type { Row } from '../frame/row';
import { append } from './append';
import { authorization } from './authorization';
import { endSession, invite } from './commands';
import { engines, enginesRefused } from './engines';
import { lists, search } from './lists';
import { mePermissions } from './me-permissions';
import { auditExport, timeTravel } from './past';
import { signIn, signInStorm } from './sign-in';
import { tracing } from './tracing';
import { memory, rebuild, start, visible } from './whole-log';

/** In the order of the table. */
export const rows: readonly Row[] = [mePermissions, tracing, authorization, lists, search, append, invite, endSession, signIn, signInStorm, visible, memory, start, timeTravel, auditExport, rebuild, enginesRefused, engines];
