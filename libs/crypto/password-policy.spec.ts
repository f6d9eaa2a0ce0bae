import * as fc from 'fast-check';
import { checkPassword } from './password-policy';

const forbidden = ['somchai.jaidee@jingjai-rentals.co.th', 'Somchai Jaidee', 'สมชาย ใจดี', 'JingJai Rentals', 'jingjai'];
const codeOf = async (password: string, minLength = 8) => (await checkPassword(password, { minLength, forbidden }))?.code ?? null;

describe('which passwords may be chosen', () => {
  it.each(['correct horse battery staple', 'kfE9-wm2', 'แมวสามตัวกินปลาทู', 'ночью шёл снег', 'the Jingjai lorry was late again', '🌵🦊🚲🪁🧊🎻🪵🍋', 'somchai likes 3 green kites'])(
    '%j may', async (password) => { expect(await codeOf(password)).toBeNull(); });

  describe('length', () => {
    it('is counted in characters as people see code points, after NFC', async () => {
      expect(await codeOf('e\u0301ab-xyz')).toBe('password-too-short'); // 8 before NFC, 7 after
      expect(await codeOf('🌵🦊🚲🪁🧊🎻🪵')).toBe('password-too-short'); // 14 UTF-16 units, 7 code points
      expect(await codeOf('kfE9-wm2', 9)).toBe('password-too-short');
    });

    it('ends at 200', async () => {
      const sentence = 'many lorries came late ';
      expect(await codeOf(sentence.repeat(20).slice(0, 200))).toBeNull();
      expect(await codeOf(sentence.repeat(20).slice(0, 201))).toBe('password-too-long');
      expect(await codeOf('x'.repeat(5_000_000))).toBe('password-too-long');
    });
  });

  it.each([
    'password', 'PassWord', 'ｐａｓｓｗｏｒｄ', 'sunshine', 'password1', 'Password123!', '!!sunshine2024', 'passwordpassword', 'dragondragondragon', '1q2w3e4r5t',
    '12345678', '123456789012345', '987654321098765', 'abcdefghijklmnop', 'qwertyuiopasdfgh', 'poiuytrewq', '1qaz2wsx3edc4rfv5tgb', 'ฟหกดเ้่าสวง',
    'aaaaaaaaaaaaaaa', 'abababababababab', '1111222233334444',
  ])('%j is too common', async (password) => { expect(await codeOf(password)).toBe('password-too-common'); });

  it.each([
    'somchai.jaidee@jingjai-rentals.co.th', 'somchaijaidee', 'SomchaiJaidee1985', 'jaidee-somchai-99', 'JINGJAI2024!!!!', 'jingjai rentals 1', 'สมชายใจดี1985', 'somchai-password', 'rentals+somchai+xy',
  ])('%j is too personal', async (password) => { expect(await codeOf(password)).toBe('password-too-personal'); });

  it('the same words say nothing about another person', async () => {
    expect(await checkPassword('SomchaiJaidee1985', { minLength: 8, forbidden: ['Anong Suksawat'] })).toBeNull();
    expect(await checkPassword('SomchaiJaidee1985', { minLength: 8, forbidden: ['', '  ', 'A', 'i.j'] })).toBeNull();
  });

  it('any text has an answer, and a refusal has words', async () => {
    await fc.assert(fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 250 }), fc.array(fc.string({ unit: 'binary' })), async (password, words) => {
      const problem = await checkPassword(password, { minLength: 8, forbidden: words });
      if (problem) expect(problem).toEqual({ code: expect.stringMatching(/^password-too-/) as string, message: expect.stringMatching(/^\S.*\.$/) as string });
    }));
  });

  it('random ones of enough letters may always', async () => {
    const letters = fc.array(fc.constantFrom(...'bcdfghjkmnpqrtvwxz'), { minLength: 16, maxLength: 30 }).map((all) => all.join('')).filter((text) => new Set(text).size >= 8 && !/(.+)\1/.test(text));
    await fc.assert(fc.asyncProperty(letters, async (password) => { expect(await codeOf(password, 15)).toBeNull(); }));
  });
});
