/**
 * Which versions of things were in force at a position of the log, found through an ordinary index: a relational interval tree
 * (Kriegel, Pötke, Seidl: "Managing Intervals Efficiently in Object-Relational Databases", VLDB 2000).
 *
 * A version in force from position `from` up to, but not including, `to` is filed under one number between them, its fork: the
 * one divisible by the highest power of two. Whatever was in force at a position is filed under one of about a hundred
 * numbers that the position alone tells; so a query reads what it gives, however long the history.
 */

/** Versions that are in force still are filed under this. */
export const STILL_IN_FORCE = 0;
/** `to` of these. */
export const NEVER = Number.MAX_SAFE_INTEGER;

/** Positions are safe integers; forks of higher powers hold nothing. */
const POWERS = 52;

/** Where a version is filed. @param from, to positions, `from` < `to` */
export function forkOf(from: number, to: number): number {
  if (to === NEVER) return STILL_IN_FORCE;
  const last = to - 1;
  for (let power = POWERS; power >= 0; power--) {
    const width = 2 ** power;
    const fork = Math.floor(last / width) * width;
    if (fork > from || (power === 0 && fork >= from)) return fork;
  }
  throw new RangeError(`nothing is in force from ${from} to ${to}`);
}

/** Under which forks the versions in force at a position are filed: `ended` those with `to` past the position, `begun` those with `from` at or before it. */
export function forksAt(position: number): { readonly ended: readonly number[]; readonly begun: readonly number[] } {
  const forks = new Set([position]);
  for (let power = 0; power <= POWERS; power++) {
    const width = 2 ** power;
    forks.add((Math.floor(position / (2 * width)) * 2 + 1) * width);
  }
  const known = [...forks].filter(Number.isSafeInteger);
  return { ended: known.filter((fork) => fork <= position), begun: [STILL_IN_FORCE, ...known.filter((fork) => fork > position)] };
}
