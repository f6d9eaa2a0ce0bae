import { domainToUnicode } from 'node:url';
import { caseFold } from './case-fold';

/** Latin letters that are no base letter with a mark, but that people type without. */
const LATIN_LETTERS: Readonly<Record<string, string>> = { ß: 'ss', æ: 'ae', œ: 'oe', ø: 'o', đ: 'd', ð: 'd', ł: 'l', þ: 'th', ħ: 'h', ı: 'i' };
const QUERY_WORDS_MAX = 8;
const QUERY_LENGTH_MAX = 300;

/**
 * The words a user is found by, normalised: those of the name, those of the address on both sides of its `@`, and the whole address.
 * @param displayName `null` where there is none yet
 * @param email an address, in display or normalised form
 * @returns distinct words, sorted
 */
export function searchWords(displayName: string | null, email: string): string[] {
  const at = email.lastIndexOf('@');
  const domain = email.slice(at + 1);
  // An international domain is found in the form people read, and its whole address in both forms.
  const shown = email.slice(0, at + 1) + (domainToUnicode(domain) || domain);
  const words = new Set([...wordsOf(displayName ?? ''), ...wordsOf(shown), simplify(shown), simplify(email)]);
  return [...words].sort();
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

function wordsOf(text: string): string[] {
  return simplify(text).match(/[\p{L}\p{N}][\p{L}\p{M}\p{N}]*/gu) ?? [];
}

/**
 * Case folded, without invisible characters, Latin letters without diacritics.
 * Marks of other scripts stay: in Thai they are vowels and tones, without which words are other words.
 */
function simplify(text: string): string {
  return caseFold(text)
    .replace(/\p{Default_Ignorable_Code_Point}/gu, '')
    .normalize('NFD')
    .replace(/(\p{Script=Latin})\p{M}+/gu, '$1')
    .normalize('NFC')
    .replace(/[ßæœøđðłþħı]/g, (letter) => LATIN_LETTERS[letter] ?? letter);
}
