import { domainToUnicode } from 'node:url';
import { caseFold } from './case-fold';

/** Latin letters that are no base letter with a mark, but that people type without. */
const LATIN_LETTERS: Readonly<Record<string, string>> = { ß: 'ss', æ: 'ae', œ: 'oe', ø: 'o', đ: 'd', ð: 'd', ł: 'l', þ: 'th', ħ: 'h', ı: 'i' };
/** Latin letters beyond a-z, composed or not. */
const MARKED_LATIN = /(?![a-z])\p{Script=Latin}|[a-z]\p{M}/u;
const QUERY_WORDS_MAX = 8;
const QUERY_LENGTH_MAX = 300;

/**
 * The words a user is found by, normalised: those of the name, those of the address on both sides of its `@`, and the whole address.
 * Runs once for every event of a rebuild, hence the short ways for ASCII.
 * @param displayName `null` where there is none yet
 * @param email an address, in display or normalised form
 * @returns distinct words, in the order of their first appearance
 */
export function searchWords(displayName: string | null, email: string): string[] {
  const words: string[] = [];
  const add = (word: string) => { if (!words.includes(word)) words.push(word); };
  if (displayName) for (const word of wordsOf(displayName)) add(word);
  const shown = readable(email);
  for (const word of wordsOf(shown)) add(word);
  add(simplify(shown));
  // An international domain is found in the form people read, and its whole address in both forms.
  if (shown !== email) add(simplify(email));
  return words;
}

/**
 * What a search asks for: each of these must begin some word of {@link searchWords}.
 * Something typed with an `@` inside is the beginning of an address and stays whole.
 * @returns at most 8; none where the query holds no letter and no digit
 */
export function searchQuery(q: string): string[] {
  const asked = new Set<string>();
  for (const token of q.slice(0, QUERY_LENGTH_MAX).split(/\s+/u)) {
    if (/[^\s]@/u.test(token.normalize('NFKC'))) asked.add(simplify(token));
    else for (const word of wordsOf(token)) asked.add(word);
  }
  const all = [...asked];
  // What begins with the longer word begins with the shorter too.
  return all.filter((word) => !all.some((other) => other !== word && other.startsWith(word))).slice(0, QUERY_WORDS_MAX);
}

/** The address with its domain in Unicode. */
function readable(email: string): string {
  if (!/xn--/i.test(email)) return email;
  const at = email.lastIndexOf('@');
  return email.slice(0, at + 1) + (domainToUnicode(email.slice(at + 1)) || email.slice(at + 1));
}

function wordsOf(text: string): readonly string[] {
  const simple = simplify(text);
  return (isAscii(simple) ? simple.match(/[a-z0-9]+/g) : simple.match(/[\p{L}\p{N}][\p{L}\p{M}\p{N}]*/gu)) ?? [];
}

const isAscii = (text: string): boolean => /^[\0-\x7f]*$/.test(text);

/**
 * Case folded, without invisible characters, Latin letters without diacritics.
 * Marks of other scripts stay: in Thai they are vowels and tones, without which words are other words.
 */
function simplify(text: string): string {
  if (isAscii(text)) return text.toLowerCase();
  const folded = caseFold(text).replace(/\p{Default_Ignorable_Code_Point}/gu, '');
  if (!MARKED_LATIN.test(folded)) return folded;
  return folded
    .normalize('NFD')
    .replace(/(\p{Script=Latin})\p{M}+/gu, '$1')
    .normalize('NFC')
    .replace(/[ßæœøđðłþħı]/g, (letter) => LATIN_LETTERS[letter] ?? letter);
}
