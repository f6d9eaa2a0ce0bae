import fc from 'fast-check';
import { isUuid } from '@rolebook/kernel';
import { contextOf } from './spec-helpers';

const text = fc.string({ minLength: 1, maxLength: 20 });

describe('ids that a command makes', () => {
  it('are the same for the same command, in any process and at any time', () => {
    fc.assert(fc.property(text, text, (commandId, name) => {
      const [first, again] = [contextOf({ commandId }), contextOf({ commandId, retried: true, requestId: 'another', ip: null })];
      expect(again.idFor(name)).toBe(first.idFor(name));
      expect(again.eventId(name, 3)).toBe(first.eventId(name, 3));
    }));
  });

  it('differ by command, by name, by stream and by place in the stream', () => {
    fc.assert(fc.property(text, text, text, text, fc.nat(), fc.nat(), (commandA, commandB, nameA, nameB, n, m) => {
      const [a, b] = [contextOf({ commandId: commandA }), contextOf({ commandId: commandB })];
      const same = commandA === commandB && nameA === nameB;
      expect(a.idFor(nameA) === b.idFor(nameB)).toBe(same);
      expect(a.eventId(nameA, n) === b.eventId(nameB, m)).toBe(same && n === m);
      expect(a.idFor(nameA)).not.toBe(a.eventId(nameA, n));
    }));
  });

  it('are UUIDs of version 7, of the moment of the command', () => {
    const context = contextOf({ at: 0x017f22e279b0 });

    for (const id of [context.idFor('user'), context.eventId('user-b1-anna', 0)]) {
      expect(isUuid(id)).toBe(true);
      expect(id).toMatch(/^017f22e2-79b0-7/);
    }
  });
});

describe('a context made from another', () => {
  it('goes on with the same command: what it brings about counts for both', () => {
    const anonymous = contextOf({ actor: { type: 'anonymous' }, sessionId: null });
    const signedIn = anonymous.as({ actor: { type: 'user', id: 'anna' }, sessionId: 's9' });
    signedIn.reached(7);
    signedIn.effects.push({ stream: 'a-b1-c', eventId: 'e1', event: { type: 'Happened', data: {} } });

    expect(signedIn.given).toEqual({ ...anonymous.given, actor: { type: 'user', id: 'anna' }, sessionId: 's9' });
    expect(signedIn.idFor('user')).toBe(anonymous.idFor('user'));
    expect(anonymous.position).toBe(7);
    expect(anonymous.effects).toEqual(signedIn.effects);
  });

  it('may be a command apart, always the same one: If-Match is not meant for it, a retry does not mistake it for the first', () => {
    const context = contextOf({ expectedRevision: 3 });
    const repair = context.apart('repair');
    repair.reached(7);

    expect(repair.given).toEqual({ ...context.given, commandId: context.apart('repair').given.commandId, expectedRevision: null });
    expect(repair.given.commandId).not.toBe(context.given.commandId);
    expect(context.apart('another').given.commandId).not.toBe(repair.given.commandId);
    expect(context.position).toBe(7);
  });
});

describe('how far a command has come', () => {
  it('is its furthest position, in whatever order it hears of them', () => {
    const context = contextOf();
    expect(context.position).toBe(0);
    for (const position of [3, 9, 5]) context.reached(position);

    expect(context.position).toBe(9);
  });
});

describe('who is signed in', () => {
  it('is asked for where a guard has made sure of it, and a mistake is loud', () => {
    expect(contextOf().userId).toBe('ann');
    expect(() => contextOf({ actor: { type: 'anonymous' } }).userId).toThrow('needs a signed-in user');
    expect(() => contextOf({ actor: { type: 'system' } }).userId).toThrow('needs a signed-in user');
  });
});
