import { InvalidValue } from '@rolebook/kernel';

export interface TextRules {
  /** JSON pointer of the field, such as `#/displayName`. */
  readonly pointer: string;
  /** Most characters (code points) after normalisation. */
  readonly max: number;
}

// Joiners shape letters and build emoji, but only between two of them; anywhere else they are invisible differences.
const JOINER_IN_PLACE = /(?<=[\p{L}\p{M}\p{Extended_Pictographic}\p{Emoji_Modifier}])[\u200c\u200d](?=[\p{L}\p{M}\p{Extended_Pictographic}])/gu;
const VARIATION_IN_PLACE = /(?<=[\p{L}\p{N}\p{P}\p{S}])[\u180b-\u180d\u180f\ufe00-\ufe0f\u{e0100}-\u{e01ef}]/gu;
const FLAG_OF_TAGS = /\u{1f3f4}[\u{e0020}-\u{e007e}]{1,8}\u{e007f}/gu;
/** Controls, bidi overrides and isolates, other format characters, lone surrogates, private use, line separators, fillers that show nothing. */
const NEVER = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}]/u;
/** At least one of these makes a text visible; U+2800 is the Braille pattern without dots. */
const VISIBLE = /(?!\u2800)[\p{L}\p{N}\p{P}\p{S}]/u;

/**
 * One line of text for people: NFC (UAX #15), trimmed, runs of spaces made one.
 * @returns the text, `''` where there is nothing but spaces
 * @throws {InvalidValue} where it is no string, too long, or holds characters that hide or reorder what is shown
 */
export function parseLine(input: unknown, { pointer, max }: TextRules): string {
  if (typeof input !== 'string') throw InvalidValue.at(pointer, 'must be a string');
  // Before any work on it: NFC rarely makes a text longer, and never by much.
  if (input.length > max * 8) throw InvalidValue.at(pointer, `must have at most ${max} characters`);
  const line = input.normalize('NFC').replace(/\p{Zs}+/gu, ' ').replace(/^ | $/g, '');
  const unusual = line.replace(JOINER_IN_PLACE, '').replace(VARIATION_IN_PLACE, '').replace(FLAG_OF_TAGS, '');
  if (NEVER.test(unusual)) throw InvalidValue.at(pointer, 'must not hold control, invisible or text-direction characters');
  if ([...line].length > max) throw InvalidValue.at(pointer, `must have at most ${max} characters`);
  return line;
}

/** A {@link parseLine} that shows something. @throws {InvalidValue} as there, and where nothing would be seen */
export function parseVisibleLine(input: unknown, rules: TextRules): string {
  const line = parseLine(input, rules);
  if (!VISIBLE.test(line)) throw InvalidValue.at(rules.pointer, 'must not be empty');
  return line;
}
