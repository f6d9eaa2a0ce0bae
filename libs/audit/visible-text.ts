/**
 * What a terminal, a spreadsheet or an editor would act upon instead of showing it: control characters (line breaks, NUL, tab,
 * the escapes that begin terminal sequences, 8-bit ones included), line and paragraph separators, marks that turn the writing
 * direction (they make a text read as another: CVE-2021-42574), tag characters, and halves of surrogate pairs.
 */
const ACTED_UPON = /[\p{Cc}\p{Zl}\p{Zp}\p{Surrogate}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\u{e0000}-\u{e007f}]/gu;

/** The text with such characters written out, as `\u000a`. For people; it cannot be turned back. */
export function visibleText(text: string): string {
  return text.replace(ACTED_UPON, (character) => {
    const code = character.codePointAt(0)!.toString(16);
    return code.length > 4 ? `\\u{${code}}` : `\\u${code.padStart(4, '0')}`;
  });
}
