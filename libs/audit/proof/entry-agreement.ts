import type { EventText } from './leaf';

/** How events of a type read in the audit log: what a verifier that knows the event types can check besides. */
export interface EventReading {
  readonly action: string;
  /** The field of `data` that names the user; `null` where the event is about none. */
  readonly user: string | null;
}

/** How the types read; `undefined` for a type that is not known. */
export type EventReadings = (type: string) => EventReading | undefined;

type Fields = Readonly<Record<string, unknown>>;

/**
 * Where the readable part of a line says something else than the stored event beside it. This is checked of what is stored in
 * plain: id, time, actor, session and request; with `reading`, also action and user. Names, addresses and other personal data
 * are encrypted in the event: of them only the seal of the export speaks.
 * @returns a sentence for each; none where they agree
 */
export function disagreements(entry: Fields, event: EventText, reading?: EventReading): string[] {
  const metadata = fields(event.metadata);
  const data = fields(event.data);
  if (!metadata || !data) return ['the data or the metadata of the stored event is no JSON object'];
  const actor = asFields(metadata.actor);
  const shown = { actor: asFields(entry.actor), context: asFields(entry.context), user: asFields(entry.user) };
  const pairs: [what: string, shown: unknown, stored: unknown][] = [
    ['id', entry.id, event.id],
    ['at', entry.at, event.recordedAt],
    ['actor.type', shown.actor.type, actor.type],
    ['actor.id', shown.actor.id ?? null, actor.id ?? null],
    ['context.sessionId', shown.context.sessionId ?? null, metadata.sessionId ?? null],
    ['context.requestId', shown.context.requestId ?? null, metadata.requestId ?? null],
  ];
  if (reading) {
    pairs.push(['action', entry.action, reading.action]);
    pairs.push(['user.id', shown.user.id ?? null, reading.user === null ? null : (data[reading.user] ?? null)]);
  }
  return pairs.filter(([, a, b]) => a !== b).map(([what, a, b]) => `${what} reads ${text(a)}, but the stored event has ${text(b)}`);
}

/** The business that a stored event belongs to; `null` where it names none. */
export function businessOf(event: EventText): string | null {
  const id = fields(event.metadata)?.businessId;
  return typeof id === 'string' ? id : null;
}

function fields(json: string): Fields | null {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : null;
  } catch {
    return null;
  }
}

function asFields(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

function text(value: unknown): string {
  const json = JSON.stringify(value) ?? 'nothing';
  return json.length > 120 ? `${json.slice(0, 120)}…` : json;
}
