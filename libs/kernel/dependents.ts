/** What hangs on what, many to many. Nearly always it is one on one, and then costs no set of its own: of a hundred thousand sessions that is 50 MB. */
export class Dependents {
  private readonly dependents = new Map<string, string | Set<string>>();

  add(on: string, dependent: string): void {
    const known = this.dependents.get(on);
    if (known === undefined) this.dependents.set(on, dependent);
    else if (typeof known !== 'string') known.add(dependent);
    else if (known !== dependent) this.dependents.set(on, new Set([known, dependent]));
  }

  delete(on: string, dependent: string): void {
    const known = this.dependents.get(on);
    if (known === undefined) return;
    if (typeof known !== 'string') known.delete(dependent);
    if (known === dependent || (typeof known !== 'string' && known.size === 0)) this.dependents.delete(on);
  }

  /** Those at the time of the call: what is added or deleted while they are gone through changes nothing. */
  of(on: string): readonly string[] {
    const known = this.dependents.get(on);
    if (known === undefined) return [];
    return typeof known === 'string' ? [known] : [...known];
  }

  /** How many there are on which something hangs. */
  get size(): number { return this.dependents.size; }
}
