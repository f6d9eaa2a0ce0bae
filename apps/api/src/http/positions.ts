import { Problem } from './problems';

/** The log's position as clients see it: opaque, to be handed back in `Rolebook-After`. */
export function positionToken(position: number): string {
  return `p${position.toString(36)}`;
}

/** @throws {Problem} `validation` */
export function readPositionToken(token: string): number {
  const position = /^p[0-9a-z]{1,11}$/.test(token) ? Number.parseInt(token.slice(1), 36) : Number.NaN;
  if (!Number.isSafeInteger(position)) throw new Problem('validation', undefined, { errors: [{ pointer: 'Rolebook-After', message: 'is not a position this API gave' }] });
  return position;
}
