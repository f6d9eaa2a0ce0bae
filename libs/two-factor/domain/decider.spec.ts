import * as fc from 'fast-check';
import { given } from '@rolebook/kernel/spec-helpers';
import { twoFactorDecider, type CodeProof, type TwoFactorCommand } from './decider';
import type { TwoFactorEvent } from './events';
import { twoFactorRefusals } from './errors';
import { evolveTwoFactor, noTwoFactor, twoFactorStream, type TwoFactorState } from './state';

const person = (...history: TwoFactorEvent[]) => given(twoFactorDecider, ...history);
const userId = 'anna';

const offered = (secret: string): TwoFactorEvent => ({ type: 'TwoFactorEnrolmentStarted', data: { userId, secret } });
const enabled = (step: number): TwoFactorEvent => ({ type: 'TwoFactorEnabled', data: { userId, step, recoveryCodes: ['r1', 'r2'] } });
const accepted = (step: number): TwoFactorEvent => ({ type: 'TwoFactorCodeAccepted', data: { userId, step } });
const refused = (method: 'code' | 'recovery-code', reason: 'wrong' | 'used'): TwoFactorEvent => ({ type: 'TwoFactorCodeRefused', data: { userId, method, reason } });
const disabled: TwoFactorEvent = { type: 'TwoFactorDisabled', data: { userId, step: 20 } };
const verification = { channel: 'phone' as const, spokeWith: 'Anna', verifiedAt: '2026-03-01T00:00:00.000Z', note: null };
const reset: TwoFactorEvent = { type: 'TwoFactorReset', data: { userId, ...verification } };
const enrolled = [offered('S1'), enabled(10)];

const code = (step: number | null, of = 'S1'): CodeProof => ({ method: 'code', of, step });
const start = (secret: string): TwoFactorCommand => ({ type: 'StartEnrolment', userId, secret });
const confirm = (proof: CodeProof): TwoFactorCommand => ({ type: 'ConfirmEnrolment', userId, proof, recoveryCodes: ['r1', 'r2'] });
const verify = (step: number | null, of = 'S1'): TwoFactorCommand => ({ type: 'Verify', userId, proof: code(step, of) });
const recover = (hash: string): TwoFactorCommand => ({ type: 'Verify', userId, proof: { method: 'recovery-code', hash } });
const replace = (proof: CodeProof): TwoFactorCommand => ({ type: 'ReplaceRecoveryCodes', userId, proof, recoveryCodes: ['r3'] });
const disable = (proof: CodeProof, required = false): TwoFactorCommand => ({ type: 'Disable', userId, proof, required });

describe('enrolling', () => {
  it('begins with a secret; a new one takes the place of the one before', () => {
    person().when(start('S1')).then([offered('S1')]);
    person(offered('S1')).when(start('S2')).then([offered('S2')]);
  });

  it('is done by a code of the secret that was offered last, whose step is used up', () => {
    person(offered('S1')).when(confirm(code(10))).then([enabled(10)]);
    person(offered('S1')).when(confirm(code(0))).then([enabled(0)]);
    person(offered('S1'), enabled(10)).when(verify(10)).then([refused('code', 'used')]);
  });

  it('is not done by a wrong code, nor by one of an earlier secret', () => {
    person(offered('S1')).when(confirm(code(null))).then([refused('code', 'wrong')]);
    person(offered('S1'), offered('S2')).when(confirm(code(10, 'S1'))).then([refused('code', 'wrong')]);
  });

  it('needs a secret that was offered, and happens once', () => {
    person().when(confirm(code(10))).thenRefused('not-enrolled');
    person(...enrolled).when(confirm(code(11))).thenRefused('already-enrolled');
    person(...enrolled).when(start('S2')).thenRefused('already-enrolled');
    person(...enrolled, disabled).when(confirm(code(21))).thenRefused('not-enrolled');
    person(...enrolled, disabled).when(start('S2')).then([offered('S2')]);
  });
});

describe('a code', () => {
  it('is good once, and so is every one before it', () => {
    person(...enrolled).when(verify(11)).then([accepted(11)]);
    person(...enrolled, accepted(11)).when(verify(11)).then([refused('code', 'used')]);
    person(...enrolled, accepted(11)).when(verify(10)).then([refused('code', 'used')]);
    person(...enrolled, accepted(11)).when(verify(12)).then([accepted(12)]);
  });

  it('is used up by whatever it was used for', () => {
    person(...enrolled).when(replace(code(11))).then([{ type: 'RecoveryCodesReplaced', data: { userId, step: 11, recoveryCodes: ['r3'] } }]);
    person(...enrolled, { type: 'RecoveryCodesReplaced', data: { userId, step: 11, recoveryCodes: ['r3'] } }).when(verify(11)).then([refused('code', 'used')]);
    person(...enrolled, accepted(11)).when(replace(code(11))).then([refused('code', 'used')]);
    person(...enrolled, accepted(11)).when(disable(code(11))).then([refused('code', 'used')]);
  });

  it('of another secret proves nothing: not of one before a reset, nor of one that is only offered', () => {
    person(...enrolled, reset, offered('S2'), enabled(30)).when(verify(31, 'S1')).then([refused('code', 'wrong')]);
    person(...enrolled).when(verify(11, 'S9')).then([refused('code', 'wrong')]);
  });

  it('is not asked for where there is no second factor', () => {
    for (const command of [verify(11), replace(code(11)), disable(code(11)), recover('r1')]) {
      person().when(command).thenRefused('not-enrolled');
      person(offered('S1')).when(command).thenRefused('not-enrolled');
      person(...enrolled, disabled).when(command).thenRefused('not-enrolled');
      person(...enrolled, reset).when(command).thenRefused('not-enrolled');
    }
  });

  it('works once and never again, in whatever order codes come and whatever they are for', () => {
    const command = fc.tuple(fc.integer({ min: 5, max: 15 }), fc.constantFrom(verify, (step: number) => replace(code(step)))).map(([step, make]) => ({ step, command: make(step) }));
    fc.assert(fc.property(fc.array(command, { maxLength: 30 }), (commands) => {
      let state: TwoFactorState = { ...noTwoFactor, enabled: true, secret: 'S1', lastStep: 4 };
      const used: number[] = [];
      for (const { step, command } of commands) {
        const events = twoFactorDecider.decide(command, state);
        if (events.every(({ type }) => type !== 'TwoFactorCodeRefused')) used.push(step);
        state = events.reduce(twoFactorDecider.evolve, state);
      }
      expect(used).toEqual([...new Set(used)].sort((a, b) => a - b));
    }));
  });
});

describe('a recovery code', () => {
  it('is good once', () => {
    person(...enrolled).when(recover('r2')).then([{ type: 'RecoveryCodeUsed', data: { userId, recoveryCode: 'r2', left: 1 } }]);
    person(...enrolled, { type: 'RecoveryCodeUsed', data: { userId, recoveryCode: 'r2', left: 1 } }).when(recover('r2')).then([refused('recovery-code', 'wrong')]);
  });

  it('is worthless once others have taken its place, or after a reset and a new enrolment', () => {
    person(...enrolled, { type: 'RecoveryCodesReplaced', data: { userId, step: 11, recoveryCodes: ['r3'] } }).when(recover('r1')).then([refused('recovery-code', 'wrong')]);
    person(...enrolled, reset, offered('S2'), { type: 'TwoFactorEnabled', data: { userId, step: 30, recoveryCodes: ['r9'] } }).when(recover('r1')).then([refused('recovery-code', 'wrong')]);
  });
});

describe('switching off', () => {
  it('takes a code', () => {
    person(...enrolled).when(disable(code(11))).then([{ type: 'TwoFactorDisabled', data: { userId, step: 11 } }]);
    person(...enrolled).when(disable(code(null))).then([refused('code', 'wrong')]);
  });

  it('is not for whom the business requires it of, whatever the code', () => {
    person(...enrolled).when(disable(code(11), true)).thenRefused('two-factor-required');
    person(...enrolled).when(disable(code(null), true)).thenRefused('two-factor-required');
  });
});

describe('a reset', () => {
  const by = (id: string, role: 'super-admin' | 'admin' | 'crew', overrides = {}) => ({ id, role, overrides });
  const anna = by(userId, 'crew');
  const resetBy = (who: ReturnType<typeof by>, target: ReturnType<typeof by> | null = anna): TwoFactorCommand => ({ type: 'Reset', userId, by: who, target, erased: false, verification });

  it('says how the administrator made sure who was asking', () => {
    person(...enrolled).when(resetBy(by('olive', 'super-admin'))).then([reset]);
    person(...enrolled).when(resetBy(by('adam', 'admin'))).then([reset]);
  });

  it.each<[string, TwoFactorCommand, string]>([
    ['oneself', resetBy(by(userId, 'super-admin'), by(userId, 'super-admin')), 'forbidden'],
    ['an Admin, by an Admin', resetBy(by('adam', 'admin'), by(userId, 'admin')), 'forbidden'],
    ['somebody who administers by an override, by an Admin', resetBy(by('adam', 'admin'), by(userId, 'crew', { settings: 'write' })), 'forbidden'],
    ['anybody, by somebody without authority', resetBy(by('carl', 'crew')), 'forbidden'],
    ['anybody, by somebody who may only read', resetBy(by('rita', 'crew', { settings: 'read' })), 'forbidden'],
    ['nobody', resetBy(by('olive', 'super-admin'), null), 'not-found'],
  ])('is refused of %s', (_whom, command, why) => {
    person(...enrolled).when(command).thenRefused(why);
  });

  it('of an Admin is for a Super Admin', () => {
    person(...enrolled).when(resetBy(by('olive', 'super-admin'), by(userId, 'admin'))).then([reset]);
  });

  it('is refused of the erased: what is left of a person has no second factor, though the stream tells of one', () => {
    person(...enrolled).when({ ...resetBy(by('olive', 'super-admin')), erased: true } as TwoFactorCommand).thenRefused('not-enrolled');
    person(...enrolled).when({ ...resetBy(by('adam', 'admin'), by(userId, 'super-admin')), erased: true } as TwoFactorCommand).thenRefused('forbidden');
  });

  it('is refused where there is nothing to reset', () => {
    person().when(resetBy(by('olive', 'super-admin'))).thenRefused('not-enrolled');
    person(offered('S1')).when(resetBy(by('olive', 'super-admin'))).thenRefused('not-enrolled');
    person(...enrolled, reset).when(resetBy(by('olive', 'super-admin'))).thenRefused('not-enrolled');
  });
});

describe('the second factor, as it is stored', () => {
  it('is the fold of a stream of its own', () => {
    expect(twoFactorStream).toEqual({ kind: 'two-factor', initialState: noTwoFactor, evolve: evolveTwoFactor });
  });

  it('refuses commands and events that it does not know, loudly: none is dropped', () => {
    const unheard = { type: 'Unheard' } as unknown;
    expect(() => twoFactorDecider.decide(unheard as TwoFactorCommand, noTwoFactor)).toThrow('Unheard');
    expect(() => evolveTwoFactor(noTwoFactor, unheard as TwoFactorEvent)).toThrow('Unheard');
  });
});

it('refuses with stable codes, each with a sentence for people', () => {
  const refusals = Object.values(twoFactorRefusals).map((refusal) => refusal());
  expect(refusals.map(({ code }) => code)).toEqual(['invalid-code', 'not-enrolled', 'already-enrolled', 'two-factor-required', 'not-found']);
  for (const { message } of refusals) expect(message).toMatch(/^[A-Z].+\.$/);
});
