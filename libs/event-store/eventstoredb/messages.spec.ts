import { decodeEvent, isServersOwn, safePosition, UnsafePosition } from './messages';
import { RisingTime, TimeMarks } from './rising-time';
import { ReadResp } from '@eventstore/db-client/generated/streams_pb';

describe('positions of the log', () => {
  it('become numbers as long as a number can tell them apart', () => {
    expect(safePosition('0')).toBe(0);
    expect(safePosition('9007199254740991')).toBe(9_007_199_254_740_991);
  });

  it.each(['9007199254740992', '18446744073709551615'])('are refused beyond: %s', (commit) => {
    expect(() => safePosition(commit)).toThrow(UnsafePosition);
  });
});

describe('a recorded event', () => {
  const event = (created: string, commit = '5') => {
    const recorded = new ReadResp.ReadEvent.RecordedEvent().setStreamRevision('3').setCommitPosition(commit).setData(Buffer.from('{ "a":1.0}'));
    recorded.getMetadataMap().set('type', 'Happened').set('created', created);
    return decodeEvent(new ReadResp.ReadEvent().setEvent(recorded));
  };

  it('keeps its moment to the millisecond, however many ticks there are', () => {
    expect(event('17637768001239999')?.createdMs).toBe(Date.parse('2025-11-22T02:00:00.123Z'));
  });

  it('keeps its bytes', () => {
    expect(event('17637768001239999')).toMatchObject({ type: 'Happened', revision: 3, position: 5, data: '{ "a":1.0}', metadata: '' });
  });

  it('has no position where it was read from its stream: the server says so by the largest number', () => {
    expect(event('17637768001239999', '18446744073709551615')?.position).toBe(0);
  });

  it('is refused whole where its position is no safe integer', () => {
    expect(() => event('17637768001239999', '9007199254740993')).toThrow(UnsafePosition);
  });
});

describe('names of the server', () => {
  it.each([['$stats-127.0.0.1:2113', true], ['$$user-1', true], ['$>', true], ['user-$1', false], ['UserInvited', false]])('%s: %s', (name, own) => {
    expect(isServersOwn(name)).toBe(own);
  });
});

describe('marks of time', () => {
  it('let a walk go on with the time of the one that stopped there, if that was lately', () => {
    const marks = new TimeMarks();
    for (let position = 1; position <= 65; position++) marks.keep(position, new RisingTime(position * 1000));
    expect(marks.at(65)?.latest).toBe(65_000);
    expect(marks.at(2)?.latest).toBe(2_000);
    expect(marks.at(1)).toBeUndefined();
  });
});
