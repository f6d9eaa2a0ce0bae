import { count, facts, table } from './table';

describe('a table', () => {
  it('aligns its columns, but for the last', () => {
    expect(table(['LINE', 'PROBLEM'], [['7', 'x'], ['12345', 'y']])).toBe('LINE   PROBLEM\n7      x\n12345  y\n');
  });

  it('aligns Thai names by what they take on the screen', () => {
    expect(table(['NAME', 'ROLE'], [['ที่รัก', 'crew'], ['Anna', 'sales']])).toBe('NAME  ROLE\nที่รัก   crew\nAnna  sales\n');
  });

  it('shows control characters, and obeys none', () => {
    expect(table(['A'], [['\x1b[2J\nb']])).toBe('A\n\\u001b[2J\\u000ab\n');
    expect(facts([['Name', '\r'], ['N', '1']])).toBe('Name  \\u000d\nN     1\n');
  });

  it('counts for people', () => {
    expect([count(1234567), count(1, ['entry', 'entries']), count(0, ['entry', 'entries'])]).toEqual(['1,234,567', '1 entry', '0 entries']);
  });
});
