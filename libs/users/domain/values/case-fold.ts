/** Lower-case letters that share their capital with another one: the final sigma, and forms from old Cyrillic prints. */
const LOWER_VARIANTS = /[ς\u1c80-\u1c88]/g;

/**
 * The form in which two texts are compared: NFKC (UAX #15) and simple case folding (UAX #44, `CaseFolding.txt` status C and S).
 *
 * Folded code point by code point: `toLowerCase` of a whole word makes a final sigma out of its last `Σ` and so depends on what follows.
 * No upper-casing on the way, which would make `ı` equal to `i` and let one address pass for another.
 */
export function caseFold(text: string): string {
  let folded = '';
  for (const character of text.normalize('NFKC')) folded += character.toLowerCase();
  return folded.replace(LOWER_VARIANTS, (letter) => letter.toUpperCase().toLowerCase()).normalize('NFKC');
}
