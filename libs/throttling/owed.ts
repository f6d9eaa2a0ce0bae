import type { Kept, Memory } from './policy';

/** What an outcome makes of what a limit remembers, whenever it is taken in; `null`: it remembers nothing more. */
export type CountBack = (memory: Memory, now: number) => Kept | null;

/** What attempts of this process are to be counted back and are not stored yet, by key, in the order of their outcomes. */
export class Owed {
  private readonly byKey = new Map<string, CountBack[]>();

  add(key: string, countBack: CountBack): void {
    const owed = this.byKey.get(key);
    if (owed) owed.push(countBack);
    else this.byKey.set(key, [countBack]);
  }

  of(key: string): readonly CountBack[] {
    return this.byKey.get(key) ?? [];
  }

  /** The first so many are no longer owed. */
  paid(key: string, many: number): void {
    const owed = this.byKey.get(key);
    owed?.splice(0, many);
    if (owed?.length === 0) this.byKey.delete(key);
  }

  keys(): readonly string[] {
    return [...this.byKey.keys()];
  }
}
