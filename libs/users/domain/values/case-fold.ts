/** Lower-case letters that share their capital with another one: the final sigma, and forms from old Cyrillic prints. */
const LOWER_VARIANTS = /[ς\u1c80-\u1c88]/g;

/**
 * The form in which two texts are compared: NFKC (UAX #15) and simple case folding (UAX #44, `CaseFolding.txt` status C and S).
 *
 * No upper-casing of the whole on the way, which would make `ı` equal to `i` and let one address pass for another.
 */
export function caseFold(text: string): string {
  const composed = text.normalize('NFKC');
  // `toLowerCase` makes a final sigma out of a `Σ` that ends a word, and so depends on what follows; nothing else does.
  const lower = composed.replaceAll('Σ', 'σ').toLowerCase();
  return lower.replace(LOWER_VARIANTS, (letter) => letter.toUpperCase().toLowerCase()).normalize('NFKC');
}
