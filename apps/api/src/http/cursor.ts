import { Injectable } from '@nestjs/common';
import { GenerationCache, InstallationSecrets } from '@rolebook/crypto';
import { Problem } from './problems';

/** Cursors in memory: so many at least, once so many were given, and twice as many at most; each is some hundred bytes. */
const REMEMBERED = 250;
/** Places hold names, which do not stay longer than they are likely to be asked for. */
const FORGOTTEN_AFTER_MS = 60_000;

/**
 * Cursors: opaque, tied to the list and the business they were given for, and proof against tampering.
 * Whoever reads on asks for the cursor given last: that one is remembered, which spares opening it.
 */
@Injectable()
export class Cursors {
  /** By cursor and context, the place as JSON text. */
  private given = new GenerationCache<string>(REMEMBERED);
  private forgetting: NodeJS.Timeout | null = null;

  constructor(private readonly secrets: InstallationSecrets) {}

  /** @param list what is listed, with the filters and the order that must be the same on the next page */
  give(businessId: string, list: string, place: unknown): string {
    const context = `${businessId}/${list}`;
    const text = JSON.stringify(place);
    const cursor = this.secrets.sealText('cursor', text, context);
    this.remember(`${cursor} ${context}`, text);
    return cursor;
  }

  /** @throws {Problem} `invalid-cursor` where it was tampered with, or is another list's or another business's */
  read<Place>(businessId: string, list: string, cursor: string | undefined): Place | null {
    if (cursor === undefined) return null;
    const context = `${businessId}/${list}`;
    const key = `${cursor} ${context}`;
    const place = this.given.get(key) ?? this.secrets.openText('cursor', cursor, context);
    if (place === null) throw new Problem('invalid-cursor');
    return JSON.parse(place) as Place;
  }

  private remember(key: string, place: string): void {
    this.given.turn();
    this.given.set(key, place);
    this.forgetting ??= setTimeout(() => this.forget(), FORGOTTEN_AFTER_MS).unref();
  }

  private forget(): void {
    this.given = new GenerationCache(REMEMBERED);
    this.forgetting = null;
  }
}
