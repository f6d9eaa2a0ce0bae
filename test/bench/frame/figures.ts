/** Several measurements of one thing: the middle one, and how far apart they lie. */
export interface Figure {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** @throws {RangeError} for none */
export function figure(values: readonly number[]): Figure {
  if (values.length === 0) throw new RangeError('nothing was measured');
  const sorted = values.toSorted((a, b) => a - b);
  const at = (index: number) => sorted[index] as number;
  const middle = Math.floor(sorted.length / 2);
  return { median: sorted.length % 2 === 1 ? at(middle) : (at(middle - 1) + at(middle)) / 2, min: at(0), max: at(sorted.length - 1) };
}

/** One figure each, of the same field of several results. */
export function figureOf<Result>(results: readonly Result[], field: (result: Result) => number): Figure {
  return figure(results.map(field));
}

/** One line of a row: what was measured, and what there was to reach. */
export interface Line {
  readonly what: string;
  /** What the value is compared with, in words; `null` where it stands alone. */
  readonly yardstick: string | null;
  readonly ours: string;
  readonly value: Figure;
  /** `x`, `/s`, `ms`, `MiB`, ... */
  readonly unit: string;
  readonly goal: { readonly atLeast: number } | { readonly atMost: number } | null;
}

export function reached({ value, goal }: Line): boolean | null {
  if (goal === null) return null;
  return 'atLeast' in goal ? value.median >= goal.atLeast : value.median <= goal.atMost;
}
