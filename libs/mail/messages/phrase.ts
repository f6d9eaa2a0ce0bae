/** Text of ours with foreign values in it, kept apart so that each output escapes the values its own way. */
export type Phrase = readonly (string | Value)[];
interface Value { readonly value: string }

/**
 * A phrase as a template literal: what is written is ours, what is put in is foreign - unless it is a phrase itself.
 * @example phrase`${inviterName} invites you to ${businessName}`
 */
export function phrase(ours: TemplateStringsArray, ...foreign: readonly (string | Phrase)[]): Phrase {
  return ours.flatMap((text, i) => {
    const next = foreign[i];
    return [text, ...(next === undefined ? [] : typeof next === 'string' ? [{ value: oneLine(next) }] : next)];
  });
}

/** For plain text and subjects. */
export function toText(words: Phrase): string {
  return words.map((part) => (typeof part === 'string' ? part : isolate(part.value))).join('');
}

/** For HTML: values escaped, and each in an element of its own for the text direction. */
export function toHtml(words: Phrase): string {
  return words.map((part) => (typeof part === 'string' ? escapeHtml(part) : `<bdi>${escapeHtml(unlink(part.value))}</bdi>`)).join('');
}

/** For plain bodies, where mail programs make links out of anything that looks like one. */
export function toBodyText(words: Phrase): string {
  return words.map((part) => (typeof part === 'string' ? part : isolate(unlink(part.value)))).join('');
}

/** Safe in HTML text and in quoted attributes (OWASP, Cross Site Scripting Prevention, rules 1 and 2). */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"'`]/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** Names are checked where they come in; a mail does not rely on it. */
function oneLine(value: string): string {
  return value.replace(/\p{Bidi_Control}/gu, '').replace(/[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\s]+/gu, ' ').trim();
}

/** Right-to-left names must not turn the sentence around them (UAX #9, section 2.4: FSI ... PDI); others need no mark, and subjects stay plain. */
function isolate(value: string): string {
  return /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u.test(value) ? `\u2068${value}\u2069` : value;
}

/** Somebody may call a business `Click evil.example`: with a word joiner (U+2060) after its dots and colons it reads the same and links nowhere. */
function unlink(value: string): string {
  return /:\/\/|@|[^\s.]\.\p{L}{2,}/u.test(value) ? value.replace(/[.:@]/g, '$&\u2060') : value;
}
