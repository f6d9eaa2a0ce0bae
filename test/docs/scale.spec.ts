import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const rows = readFileSync(join(__dirname, '../../docs/scale.md'), 'utf8').split('\n')
  .map((line) => line.split('|').slice(1, -1).map((cell) => cell.trim()))
  .filter(([name]) => /^`\w+`$/.test(name ?? ''));
const number = (text: string) => Number(text.replaceAll(',', ''));
const unquoted = (text: string) => text.replaceAll('`', '');

/** Works out numbers, `+ - * /` and brackets, innermost first. */
function workOut(formula: string): number {
  const inner = /\(([^()]*)\)/.exec(formula);
  if (inner) return workOut(formula.replace(inner[0], String(workOut(inner[1]!))));
  return formula.split(' + ').reduce((sum, product) => sum + product.trim().split(/ (?=[*/] )/).reduce((value, factor) => {
    const [operator, operand] = /^[*/] /.test(factor) ? factor.split(' ') : ['*', factor];
    const by = Number(operand);
    if (Number.isNaN(by)) throw new Error(`${factor} is no number, in ${formula}`);
    return operator === '*' ? value * by : value / by;
  }, 1), 0);
}

describe('docs/scale.md', () => {
  const known = new Map<string, number>();
  const formulas = rows.filter(([, second = '']) => second.startsWith('`'));

  it('has inputs that are numbers and say where they are from', () => {
    const inputs = rows.filter(([, second = '']) => !second.startsWith('`'));
    expect(inputs.length).toBeGreaterThan(20);
    for (const [name = '', value = '', , from = ''] of inputs) {
      expect({ name, value: number(value), from }).toEqual({ name, value: expect.any(Number), from: expect.stringMatching(/^(measured|assumed|the task|as built|what could be)/) });
      expect(known.has(unquoted(name))).toBe(false);
      known.set(unquoted(name), number(value));
    }
  });

  it.each(formulas.map(([name = '', formula = '', value = '']) => [unquoted(name), unquoted(formula), value]))('%s is what its formula gives: %s = %s', (name, formula, value) => {
    const result = workOut(formula.replace(/[a-zA-Z]\w*/g, (word) => {
      const found = known.get(word);
      if (found === undefined) throw new Error(`${word} is not known yet`);
      return String(found);
    }));
    known.set(name, result);
    // As many digits as are written.
    const digits = value.replace(/[,.]/g, '').replace(/^0+/, '').length;
    expect(Number(result.toPrecision(digits))).toBe(number(value));
  });

  it('knows what a wrong sum is', () => {
    expect([workOut('2 * (3 + 4) / 7 + 1'), workOut('10 / 4')]).toEqual([3, 2.5]);
    expect(() => workOut('2 * x')).toThrow('x is no number');
  });
});
