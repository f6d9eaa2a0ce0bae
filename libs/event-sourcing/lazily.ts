import type { Actor, EventMetadata, Json, JsonObject } from '@rolebook/kernel';

export type Trace = Pick<EventMetadata, 'ip' | 'device'>;
type Fields = Readonly<Record<string, Json>>;

const OPENED = Symbol('opened');

/**
 * Makes a class for the data of one event type, with what is sealed in it opened at the first look. One class a type, and no closure a
 * field: a rebuild makes millions of these, and engines are slow at objects that each have getters of their own.
 * @param seal the field that holds what is sealed; @param fields what is in it
 */
export function lazyData(seal: string, fields: readonly string[]): new (stored: JsonObject, open: () => Fields) => object {
  class LazyData {
    #open: (() => Fields) | null;
    #opened: Fields = {};

    constructor(stored: JsonObject, open: () => Fields) {
      this.#open = open;
      for (const field in stored) if (field !== seal) (this as unknown as Record<string, Json | undefined>)[field] = stored[field];
    }

    get [OPENED](): Fields {
      if (this.#open) {
        this.#opened = this.#open();
        this.#open = null;
      }
      return this.#opened;
    }
  }
  for (const field of fields) {
    Object.defineProperty(LazyData.prototype, field, { enumerable: true, get(this: LazyData) { return this[OPENED][field]; } });
  }
  return LazyData;
}

/** What stands beside an event, with address and device opened at the first look. */
export class LazyTrace implements EventMetadata {
  readonly businessId: string;
  readonly actor: Actor;
  readonly commandId: string;
  readonly requestId: string | null;
  readonly sessionId: string | null;
  readonly traceparent?: string;
  #open: (() => Trace) | null;
  #trace: Trace = { ip: null, device: null };

  constructor({ businessId, actor, commandId, requestId, sessionId, traceparent }: Omit<EventMetadata, keyof Trace>, open: () => Trace) {
    this.businessId = businessId;
    this.actor = actor;
    this.commandId = commandId;
    this.requestId = requestId;
    this.sessionId = sessionId;
    if (traceparent !== undefined) this.traceparent = traceparent;
    this.#open = open;
  }

  get ip(): string | null { return this.trace.ip; }
  get device(): string | null { return this.trace.device; }

  private get trace(): Trace {
    if (this.#open) {
      this.#trace = this.#open();
      this.#open = null;
    }
    return this.#trace;
  }
}
