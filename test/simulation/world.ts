import { createMemoryKeyStore } from '@rolebook/crypto/in-memory';
import { InMemoryDocumentStore } from '@rolebook/document-store/in-memory';
import { InMemoryEventStore } from '@rolebook/event-store/in-memory';
import { InMemoryOperationalStore } from '@rolebook/operational-store/in-memory';
import { send, type Ask } from './ask';
import { Clients } from './client';
import { Troubles } from './line';
import { Process, type Durable, type Part, type Surroundings } from './process';
import { Random } from './random';
import type { Sabotage } from './sabotage';
import { Schedule } from './schedule';
import type { Script, Step } from './script';

const RESTART_MS = 30;
const KEY_MS = 24 * 3600_000;
const SENDS = 6;
const SENDS_AFTERWARDS = 60;

/** One place in which a process runs; when it dies, another is started. */
interface Seat { readonly part: Part; process: Process | null }

/** A script as it is played: clients, processes, stores, and what goes wrong with them. */
export class World {
  readonly durable: Durable;
  readonly schedule: Schedule;
  readonly troubles = new Troubles();
  readonly asks: Ask[] = [];
  readonly trace: string[] = [];
  readonly clients: Clients;
  businessId = '';
  private readonly random: Random;
  private readonly seats: Seat[];
  private readonly surroundings: Surroundings;
  private readonly open = new Map<Ask, Promise<void>>();

  constructor(private readonly script: Script, sabotage: Sabotage = (durable) => durable) {
    const chance = new Random(script.seed ^ 0x5eed);
    this.random = chance.fork();
    this.schedule = new Schedule(chance.fork());
    const { clock } = this.schedule;
    this.durable = sabotage({
      events: new InMemoryEventStore(clock), documents: new InMemoryDocumentStore(), operational: new InMemoryOperationalStore(clock), keys: createMemoryKeyStore(), mailbox: [],
    });
    this.clients = new Clients(this.durable.mailbox);
    this.surroundings = { durable: this.durable, schedule: this.schedule, random: chance.fork(), troubles: this.troubles, cached: script.cached };
    this.seats = (script.embedded ? ['embedded'] as const : ['api', 'api', 'follower'] as const).map((part) => ({ part, process: null }));
  }

  /** Plays the script, heals everything, and waits until nothing is left to do. */
  async play(): Promise<void> {
    for (const seat of this.seats) void this.keepRunning(seat);
    const founded = this.begin(this.clients.founding());
    await this.pursue(founded, 0, SENDS_AFTERWARDS);
    const told = founded.answer.kind === 'done' ? (founded.answer.value as { businessId: string; userId: string }) : null;
    if (!told) throw new Error(`the business could not be set up: ${JSON.stringify(founded.answer)}`);
    this.businessId = told.businessId;
    for (const action of ['sign-in', 'invite'] as const) await this.take({ kind: 'ask', action, session: 0, a: 0, b: 0, c: 1, process: 0, alone: true });
    for (const step of this.script.steps) await this.take(step);
    await this.heal();
    await this.settle();
    const stillKnown = ({ begunAt }: Ask) => this.schedule.clock.now() - begunAt < KEY_MS / 2;
    for (const ask of this.asks) if (ask.key !== null && ask.answer.kind === 'unknown' && stillKnown(ask)) await this.pursue(ask, ask.n, SENDS_AFTERWARDS);
    await this.settle();
  }

  /** Sends a request until it has an answer for good. */
  async pursue(ask: Ask, seat: number, most: number): Promise<void> {
    for (let tries = 0; tries < most; tries++) {
      const process = await this.processAt(seat + tries);
      if (!process) continue;
      ask.heardUpTo = Math.min(ask.heardUpTo, process.progress.told);
      if (!this.script.embedded) ask.toldAt = Math.min(ask.toldAt, ask.heardUpTo);
      const answer = await send(process, ask);
      this.note(`${ask.n} ${answer.kind === 'refused' ? answer.code : answer.kind}`);
      if (answer.kind !== 'unknown') {
        ask.answer = answer;
        if (answer.kind === 'done') this.clients.learn(answer.value);
        break;
      }
      if (ask.key === null) break; // not to be sent again: nobody knows whether it was done
      await this.schedule.sleep(100 + this.random.int(3000));
    }
    ask.endedAt = await this.durable.events.head();
  }

  begin(draft: Omit<Ask, 'n' | 'businessId' | 'key' | 'commands' | 'begunAt' | 'unanswered' | 'startedAt' | 'toldAt' | 'heardUpTo' | 'endedAt' | 'answer' | 'sends' | 'sentAt'> & { readonly keyed: boolean }): Ask {
    const n = this.asks.length;
    const ask: Ask = { ...draft, n, businessId: this.businessId, key: draft.keyed ? `key-${n}` : null, commands: new Map(), begunAt: this.schedule.clock.now(), unanswered: [], startedAt: 0, toldAt: 0, heardUpTo: 0, endedAt: 0, answer: { kind: 'unknown' }, sends: 0, sentAt: 0 };
    this.asks.push(ask);
    return ask;
  }

  private async take(step: Step): Promise<void> {
    switch (step.kind) {
      case 'ask': {
        const draft = this.clients.draft(step);
        if (!draft) return;
        const ask = this.begin(draft);
        this.note(`${ask.n} asks ${step.action}`);
        ask.startedAt = ask.toldAt = ask.heardUpTo = await this.durable.events.head();
        ask.unanswered = this.asks.filter((other) => other !== ask && other.answer.kind === 'unknown');
        const answered = this.pursue(ask, step.process, SENDS).finally(() => { this.open.delete(ask); });
        this.open.set(ask, answered);
        if (step.alone) await this.allAnswered();
        else for (let turns = this.random.int(12); turns > 0; turns--) await this.schedule.turn();
        return;
      }
      case 'crash': {
        const seat = this.seats[step.process % this.seats.length]!;
        this.troubles.ever = true;
        this.note(`crash ${step.process % this.seats.length}`);
        seat.process?.die();
        return;
      }
      case 'trouble':
        this.note(`${step.store} ${step.trouble}`);
        this.troubles.set(step.store, step.trouble);
        void this.schedule.sleep(step.forMs).then(() => { this.troubles.set(step.store, null); });
        return;
      case 'flaky':
        this.troubles.flaky = step.perMille;
        void this.schedule.sleep(step.forMs).then(() => { this.troubles.flaky = 0; });
        return;
      case 'clock':
        if (step.shiftMs > KEY_MS / 2) await this.allAnswered(); // a key is good for 24 hours: nobody is kept waiting for longer
        return this.schedule.shiftClock(step.shiftMs);
      case 'pause': return this.schedule.sleep(step.forMs);
    }
  }

  private async allAnswered(): Promise<void> {
    await Promise.all(this.open.values());
  }

  private async heal(): Promise<void> {
    await this.allAnswered();
    this.troubles.clear();
    this.note('healed');
    await this.schedule.sleep(5 * 60_000); // longer than anybody waits before trying again
  }

  /** Until everybody who follows the log has come to its end. */
  private async settle(): Promise<void> {
    for (let tries = 0; tries < 2000; tries++) {
      await this.schedule.sleep(200);
      const head = await this.durable.events.head();
      const behind = this.seats.filter(({ part, process }) => !process || process.isDead
        || (part !== 'api' && (process.projector!.position < head || process.mails!.sentUpTo < head)) || (part !== 'follower' && process.progress.told < head));
      if (behind.length === 0) return;
    }
    throw new Error('it never comes to rest: somebody does not follow the log to its end');
  }

  /** As a supervisor does. */
  private async keepRunning(seat: Seat): Promise<void> {
    for (;;) {
      try {
        seat.process = await Process.start(seat.part, this.surroundings);
        await seat.process.death;
      } catch (error) {
        if (typeof (error as { retryAfterSeconds?: unknown }).retryAfterSeconds !== 'number') throw error;
      }
      await this.schedule.sleep(RESTART_MS);
    }
  }

  private async processAt(place: number): Promise<Process | null> {
    const apis = this.seats.filter(({ part }) => part !== 'follower');
    const { process } = apis[place % apis.length]!;
    if (process && !process.isDead) return process;
    await this.schedule.sleep(50);
    return null;
  }

  private note(line: string): void {
    this.trace.push(`${String(this.schedule.now).padStart(8)} ${line}`);
  }
}
