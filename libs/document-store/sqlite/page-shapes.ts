import type { CollectionSpec } from '@rolebook/kernel';
import { planPage } from '../plan';
import type { FindOptions } from '../port';
import { asScalar } from '../scalar';
import { keyText } from '../key-text';
import { toColumn, type ColumnValue } from './column';
import { pageQuery, type Query } from './page-sql';

/** There are some dozens in a collection, one for each of its indexes, both ways, from the start and from a place. */
const MOST_SHAPES = 200;

interface Shape {
  readonly sql: string;
  /** Fields whose values the statement takes, in its order. */
  readonly fields: readonly string[];
}

/**
 * Statements of plain pages: each field equal to one value, no range, no search. Which index serves such a page, and the statement's text,
 * hang on the names of its fields and its order alone, and finding them out anew costs a third of what SQLite needs for the page.
 */
export class PageShapes {
  private readonly shapes = new Map<string, Shape>();

  constructor(private readonly spec: CollectionSpec) {}

  /** What {@link pageQuery} gives; `null` where the page is no plain one. @throws {NoIndex} as {@link planPage} */
  query(options: FindOptions, limit: number): Query | null {
    const key = keyOf(options);
    if (key === null) return null;
    const { where = {}, sort, after } = options;
    const shape = this.shapes.get(key) ?? this.made(key, options, limit);
    const parameters: ColumnValue[] = [];
    for (const field of shape.fields) parameters.push(toColumn(asScalar(where[field], field)));
    if (after && sort && sort.field !== 'id') parameters.push(toColumn(asScalar(after.value, 'after')));
    if (after) parameters.push(keyText(after.id));
    parameters.push(limit);
    return { sql: shape.sql, parameters };
  }

  private made(key: string, options: FindOptions, limit: number): Shape {
    const plan = planPage(this.spec, options);
    const shape = { sql: pageQuery(plan, limit).sql, fields: plan.index.slice(0, Object.keys(options.where ?? {}).length) };
    if (this.shapes.size >= MOST_SHAPES) this.shapes.clear();
    this.shapes.set(key, shape);
    return shape;
  }
}

/** All that a plain page's statement hangs on. */
function keyOf({ where, range, sort, after, wordStarts }: FindOptions): string | null {
  if (range !== undefined || wordStarts !== undefined) return null;
  let key = `${after === undefined ? '' : 'after'} ${sort?.direction ?? ''} ${sort?.field ?? ''}`;
  for (const field in where) {
    if (typeof where[field] === 'object' || where[field] === undefined) return null;
    key += `\n${field}`;
  }
  return key;
}
