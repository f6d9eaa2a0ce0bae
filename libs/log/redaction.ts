/**
 * What no log may hold, taken out of every line by the one function that writes them: callers are to pass ids alone, but the text of an error
 * is written by libraries, and some quote what they were given.
 */

/** A field of such a name is hidden, whatever it holds. */
const HIDDEN_NAMES = /password|secret|token|authorization|cookie|credential|challenge|recovery|^code$|^key$|email|address|displayname|^name$|phone|^ip$|device/i;

/** Quoted, with a space or a letter beyond ASCII: words of a person, not a name of ours. */
const words = (quoted: string) => (/[^\x21-\x7e]/.test(quoted) ? '"[text]"' : quoted);

/** In this order: what is longer first. */
const PATTERNS: readonly (readonly [pattern: RegExp, mark: string | ((found: string) => string)])[] = [
  [/(\w:\/\/)[^\s/@]+@/g, '$1[credentials]@'],
  [/\beyJ[\w-]+\.[\w-]+(?:\.[\w-]*)?/g, '[token]'],
  [/\b(Bearer|Basic)\s+\S+/gi, '$1 [token]'],
  // Not the scope of a package, in the path of a stack.
  [/[^\s<>"()[\]@,;:\\]+@(?![\w.-]+\/)[^\s<>"'`()[\]{},;:/\\]+/g, '[address]'],
  [/"[^"]*"/g, words],
  [/\+\d{8,15}\b/g, '[phone]'],
  // Base32, as TOTP secrets are written, and whole recovery codes.
  [/\b[A-Z2-7]{24,}\b/g, '[secret]'],
  // 128 bits or more in base64url: links, refresh tokens, challenges. Ids and hashes in hexadecimal have no capitals.
  [/(?<![\w-])(?=[\w-]*[a-z])(?=[\w-]*[A-Z])(?=[\w-]*\d)[\w-]{22,}(?![\w-])/g, '[token]'],
];

/** A text without addresses, tokens, secrets, phone numbers and quoted words. Ids, codes of errors, paths and stacks stay. */
export function redacted(text: string): string {
  return PATTERNS.reduce((rest, [pattern, mark]) => (typeof mark === 'string' ? rest.replace(pattern, mark) : rest.replace(pattern, mark)), text);
}

/** For `JSON.stringify`: {@link redacted} for every text at any depth, and nothing at all of fields that are named for what they must not tell. */
export function redactedField(name: string, value: unknown): unknown {
  if (value !== null && HIDDEN_NAMES.test(name)) return '[hidden]';
  return typeof value === 'string' ? redacted(value) : value;
}
