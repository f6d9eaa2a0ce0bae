import fc from 'fast-check';
import type { Person } from '@rolebook/access';
import { DomainError } from '@rolebook/kernel';
import { given } from '@rolebook/kernel/spec-helpers';
import { businessDecider, slugReservation, type BusinessCommand } from './decider';
import type { BusinessEvent } from './events';
import { created, listed, withdrawn } from './spec-helpers';
import { businessStream, evolveBusiness, noBusiness } from './state';

const business = (...history: BusinessEvent[]) => given(businessDecider, ...history);
const superAdmin: Person = { id: 'sue', role: 'super-admin', overrides: {} };
const admin: Person = { id: 'adam', role: 'admin', overrides: {} };
const auditor: Person = { id: 'rita', role: 'crew', overrides: { settings: 'read' } };

describe('creating a business', () => {
  const create = { type: 'CreateBusiness', businessId: 'b1', name: 'Crane & Co', slug: 'crane' } as const;

  it('gives it a name', () => {
    business().when(create).then([created]);
  });

  it('is nobody and nothing before', () => {
    expect(business().state).toEqual({ id: null, name: '', slug: '', superAdmins: [], withdrawnAt: {}, twoFactorPolicy: 'off' });
  });

  it('is nothing a second time', () => {
    business(created).when(create).thenNothing();
  });

  it('leaves the two-factor policy off and the list of Super Admins empty', () => {
    expect(business(created).state).toEqual({ id: 'b1', name: 'Crane & Co', slug: 'crane', superAdmins: [], withdrawnAt: {}, twoFactorPolicy: 'off' });
  });
});

describe('the list of Super Admins', () => {
  const list = (userId: string, revision: number) => ({ type: 'ListSuperAdmin', userId, revision } as const);
  const withdraw = (userId: string, revision: number) => ({ type: 'WithdrawSuperAdmin', userId, revision } as const);

  it('takes people in, once each', () => {
    business(created).when(list('sue', 0)).then([listed('sue', 0)]);
    business(created, listed('sue', 0)).when(list('sue', 0)).thenNothing();
    business(created, listed('sue', 0)).when(list('sue', 4)).thenNothing();
  });

  it('lets people go while another is left', () => {
    business(created, listed('sue', 0), listed('sam', 2)).when(withdraw('sue', 5)).then([withdrawn('sue', 5)]);
  });

  it('never lets the last one go, nor anybody while it is empty', () => {
    business(created, listed('sue', 0)).when(withdraw('sue', 5)).thenRefused('last-super-admin');
    business(created, listed('sue', 0), listed('sam', 2), withdrawn('sue', 5)).when(withdraw('sam', 2)).thenRefused('last-super-admin');
    business(created).when(withdraw('sue', 0)).thenRefused('last-super-admin');
  });

  it('remembers a withdrawal of somebody who was not listed yet: the listing on its way comes too late', () => {
    business(created, listed('sue', 0)).when(withdraw('sam', 2)).then([withdrawn('sam', 2)]);
    business(created, listed('sue', 0)).when(withdraw('sam', 0)).then([withdrawn('sam', 0)]);
    expect(business(created, withdrawn('sam', 0)).state.withdrawnAt).toEqual({ sam: 0 });
    business(created, listed('sue', 0), withdrawn('sam', 2)).when(list('sam', 2)).thenNothing();
    business(created, listed('sue', 0), withdrawn('sam', 2)).when(list('sam', 1)).thenNothing();
  });

  it('takes somebody in again who became a Super Admin after that', () => {
    business(created, listed('sue', 0), withdrawn('sam', 2)).when(list('sam', 4)).then([listed('sam', 4)]);
  });

  it('does not write the same withdrawal twice', () => {
    business(created, listed('sue', 0), withdrawn('sam', 2)).when(withdraw('sam', 2)).thenNothing();
  });

  it('writes it again for somebody who has been listed since', () => {
    business(created, listed('sue', 0), withdrawn('sam', 2), listed('sam', 3)).when(withdraw('sam', 3)).then([withdrawn('sam', 3)]);
  });

  it('takes a late withdrawal for what it is: the person goes, what was known of later revisions stays', () => {
    expect(business(created, listed('sue', 0), withdrawn('sam', 5), listed('sam', 7), withdrawn('sam', 4)).state).toMatchObject({ superAdmins: ['sue'], withdrawnAt: { sam: 5 } });
  });

  it('is never emptied again, whatever is asked in whatever order', () => {
    const step = fc.record({ type: fc.constantFrom('ListSuperAdmin' as const, 'WithdrawSuperAdmin' as const), userId: fc.constantFrom('sue', 'sam', 'sid'), revision: fc.nat(5) });
    fc.assert(fc.property(fc.array(step, { maxLength: 40 }), (commands) => {
      let state = [created, listed('sue', 0)].reduce(evolveBusiness, noBusiness);
      for (const command of commands) {
        try {
          state = businessDecider.decide(command, state).reduce(evolveBusiness, state);
        } catch (refusal) {
          expect(refusal).toBeInstanceOf(DomainError);
        }
        expect(state.superAdmins.length).toBeGreaterThanOrEqual(1);
        expect(new Set(state.superAdmins).size).toBe(state.superAdmins.length);
      }
    }));
  });
});

describe('changing the two-factor policy', () => {
  const change = (policy: 'off' | 'admins' | 'everyone', by = admin) => ({ type: 'ChangeTwoFactorPolicy', by, policy } as const);
  const changed = (from: 'off' | 'admins', to: 'admins' | 'everyone'): BusinessEvent => ({ type: 'TwoFactorPolicyChanged', data: { from, to } });

  it('tells the old policy and the new', () => {
    business(created).when(change('admins')).then([changed('off', 'admins')]);
    business(created, changed('off', 'admins')).when(change('everyone', superAdmin)).then([changed('admins', 'everyone')]);
  });

  it('is nothing where it is the policy already', () => {
    business(created).when(change('off')).thenNothing();
  });

  it('is refused below write on Settings', () => {
    business(created).when(change('admins', auditor)).thenRefused('forbidden');
    business(created).when(change('off', auditor)).thenRefused('forbidden');
  });
});

describe('the short name of a business', () => {
  const reserved = { type: 'SlugReserved', data: { businessId: 'b1', slug: 'crane' } } as const;

  it('is reserved once, and for the same business again without another event', () => {
    const free = slugReservation.initialState;
    expect(slugReservation.reserve('b1', 'crane', free)).toEqual([reserved]);
    expect(slugReservation.reserve('b1', 'crane', slugReservation.evolve(free, reserved))).toEqual([]);
  });

  it('is refused to another business', () => {
    expect(() => slugReservation.reserve('b2', 'crane', { businessId: 'b1' })).toThrow(expect.objectContaining({ code: 'slug-taken', message: expect.stringMatching(/^[A-Z].+\.$/) }));
  });

  it('has a stream of its own', () => {
    expect(slugReservation.kind).toBe('slug');
  });
});

describe('a business, as it is stored', () => {
  it('is the fold of its own stream', () => {
    expect(businessStream).toEqual({ kind: 'business', initialState: noBusiness, evolve: evolveBusiness });
  });

  it('refuses commands and events that it does not know, loudly: none is dropped', () => {
    const unheard = { type: 'Unheard' } as unknown;
    expect(() => businessDecider.decide(unheard as BusinessCommand, noBusiness)).toThrow('Unheard');
    expect(() => evolveBusiness(noBusiness, unheard as BusinessEvent)).toThrow('Unheard');
  });
});
