import { compare, type Fact } from './compare';
import type { Answered, Entry, Mark } from './journal';

let n = 0;
const answered = (status: number, body: unknown = {}): Answered => ({ line: 'answered', n, status, body });

function asked(mark: Mark, ...answers: Answered[]): Entry {
  n++;
  return { asked: { line: 'asked', n, method: 'PUT', path: '/v1/thing', body: {}, key: null, mark }, answers };
}

function logOf(...marks: Mark[]): Fact[] {
  return marks.map((mark, index) => ({ ...mark, id: `e${index}`, stream: `s${index}`, revision: 0, position: index + 1 }));
}

const role: Mark = { type: 'RoleChanged', userId: 'ann', text: 'because 1' };
const anotherRole: Mark = { ...role, text: 'because 2' };
const ended: Mark = { type: 'SessionsRevoked', userId: 'ann', text: '' };

describe('the comparison of journal and log', () => {
  it('is content where everything acknowledged is there once, and what nobody knows of once or not at all', () => {
    expect(compare([asked(role, answered(200)), asked(anotherRole), asked({ ...role, text: 'because 3' })], logOf(role, anotherRole))).toEqual({ lost: [], doubled: [], otherwise: [] });
  });

  it('says what was acknowledged and is lost', () => {
    const { lost } = compare([asked(role, answered(200)), asked(anotherRole, answered(200))], logOf(role));
    expect(lost).toEqual([expect.stringContaining('because 2')]);
  });

  it('says what is there twice, acknowledged or not', () => {
    expect(compare([asked(role, answered(200))], logOf(role, role)).doubled).toEqual([expect.stringContaining('because 1')]);
    expect(compare([asked(role)], logOf(role, role)).doubled).toEqual([expect.stringContaining('because 1')]);
  });

  it('counts what cannot be told apart', () => {
    const three = [asked(ended, answered(200)), asked(ended, answered(200)), asked(ended)];
    expect(compare(three, logOf(ended, ended)).lost).toEqual([]);
    expect(compare(three, logOf(ended, ended, ended)).doubled).toEqual([]);
    expect(compare(three, logOf(ended)).lost).toHaveLength(1);
    expect(compare(three, logOf(ended, ended, ended, ended)).doubled).toHaveLength(1);
  });

  it('says what was refused, and whether it was done all the same', () => {
    expect(compare([asked(role, answered(409))], []).otherwise).toEqual([expect.stringContaining('was refused: 409')]);
    expect(compare([asked(role, answered(409))], logOf(role)).otherwise).toEqual([expect.stringContaining('was refused: 409'), expect.stringContaining('in the log all the same')]);
  });

  it('says where a request that was sent again was answered otherwise', () => {
    const invited: Mark = { type: 'UserInvited', userId: null, text: 'ann@example.com' };
    expect(compare([asked(invited, answered(201, { id: 'ann' }), answered(201, { id: 'ann' }))], logOf({ ...invited, userId: 'ann' }))).toEqual({ lost: [], doubled: [], otherwise: [] });
    expect(compare([asked(invited, answered(201, { id: 'ann' }), answered(201, { id: 'bea' }))], logOf({ ...invited, userId: 'ann' })).otherwise).toEqual([expect.stringContaining('when it was sent again')]);
    expect(compare([asked(invited, answered(201, { id: 'ann' }), answered(409))], logOf({ ...invited, userId: 'ann' })).otherwise).toHaveLength(1);
  });

  it('says what nobody asked for', () => {
    expect(compare([], logOf(role)).otherwise).toEqual([expect.stringContaining('nobody asked for it')]);
  });

  it('does not ask who brought about what clients do not ask for', () => {
    expect(compare([], logOf({ type: 'EmailReserved', userId: 'ann', text: '' }))).toEqual({ lost: [], doubled: [], otherwise: [] });
  });

  it('says where the log has a gap, an event twice, or a stream out of order', () => {
    const [first, second] = logOf(role, anotherRole) as [Fact, Fact];
    const journal = [asked(role), asked(anotherRole)];
    expect(compare(journal, [first, { ...second, position: 3 }]).otherwise).toEqual(['the log has position 3 in the place of 2']);
    expect(compare(journal, [first, { ...second, id: first.id }]).otherwise).toEqual(['the log has event e0 twice']);
    expect(compare(journal, [first, { ...second, stream: first.stream, revision: 2 }]).otherwise).toEqual(['stream s0 has revision 2 in the place of 1']);
  });
});
