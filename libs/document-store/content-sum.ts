import { crc32 } from 'node:zlib';

/** Sums stay safe integers. */
const MODULUS = 2 ** 50;

export type SumState = readonly [count: number, sum: number];

/**
 * A count and a checksum of documents that do not depend on their order: of what was handed to a store, to be compared with what it holds.
 * It finds what is lost, doubled, stale or damaged by accident; it is no proof against anybody (CRC-32, summed).
 */
export class ContentSum {
  private constructor(private count: number, private sum: number) {}

  /** @param state as {@link state} gave it, to go on from there */
  static from([count, sum]: SumState = [0, 0]): ContentSum {
    return new ContentSum(count, sum);
  }

  get state(): SumState { return [this.count, this.sum]; }

  /** @param json `null` for a removed one */
  add(id: string, position: number, json: string | null): void {
    this.count++;
    this.sum = (this.sum + hashOf(id, position, json)) % MODULUS;
  }

  /** The sum without what was added to the other one, which was added to this one too. */
  minus(other: ContentSum): ContentSum {
    return new ContentSum(this.count - other.count, (this.sum - other.sum + MODULUS) % MODULUS);
  }

  /** Such as `1000 documents, checksum 5f3a...`: the same for the same documents. */
  toString(): string {
    return `${this.count} documents, checksum ${this.sum.toString(16)}`;
  }
}

function hashOf(id: string, position: number, json: string | null): number {
  return crc32(json ?? '\0', crc32(`${position} ${id}`));
}
