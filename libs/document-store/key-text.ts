const FIRST_SURROGATE = 0xd800;
const AFTER_SURROGATES = 0xe000;
const OUT_OF_ORDER = /[\ud800-\uffff]/g;
const MOVED = /[\ue000-\ue7ff]|[\u{10000}-\u{11fff}]/gu;

/** Above every text of {@link keyText}: the end of a range of beginnings, and what separates words. */
export const PAST_ALL_TEXT = '\u{10ffff}';

/**
 * Text whose UTF-8 bytes sort as the given text's UTF-16 code units do, and which loses nothing.
 *
 * Databases compare UTF-8, which is the order of code points: they put U+FFFD before U+1F600, JavaScript's `<` after it.
 * And UTF-8 has no place for half of a surrogate pair. So the units from U+D800 on move up, each alone: surrogates to
 * U+E000..U+E7FF, the rest of the plane to U+10000..U+11FFF. Nearly all text has none of them and stays as it is.
 */
export function keyText(text: string): string {
  return text.replace(OUT_OF_ORDER, (unit) => {
    const code = unit.charCodeAt(0);
    return String.fromCodePoint(code < AFTER_SURROGATES ? AFTER_SURROGATES + code - FIRST_SURROGATE : 0x10000 + code - AFTER_SURROGATES);
  });
}

/** The text that {@link keyText} was given. */
export function fromKeyText(key: string): string {
  return key.replace(MOVED, (moved) => {
    const code = moved.codePointAt(0) ?? 0;
    return String.fromCharCode(code < 0x10000 ? FIRST_SURROGATE + code - AFTER_SURROGATES : AFTER_SURROGATES + code - 0x10000);
  });
}
