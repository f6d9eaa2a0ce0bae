import { CommandBus } from '@nestjs/cqrs';

type Made = abstract new (...args: never[]) => unknown;

/** What Nest keeps of `@CommandHandler(X)` on a handler. */
const HANDLES = '__commandHandler__';

/**
 * As much of Nest as the use-cases need: makes each provider once from the types of its constructor's parameters, and sends a command to its handler.
 * A framework's start would cost more than a whole simulated day.
 */
export class Container {
  private readonly made = new Map<unknown, unknown>();
  private readonly handlers = new Map<unknown, Made>();

  /** @param values what is there already, by its token. @param providers classes to be made when somebody asks for them */
  constructor(values: readonly (readonly [unknown, unknown])[], providers: readonly Made[]) {
    for (const [token, value] of values) this.made.set(token, value);
    this.made.set(CommandBus, { execute: (command: object) => this.execute(command) });
    for (const provider of providers) {
      const command: unknown = Reflect.getMetadata(HANDLES, provider);
      if (command !== undefined) this.handlers.set(command, provider);
    }
  }

  get<T>(token: abstract new (...args: never[]) => T): T {
    const made = this.made.get(token);
    if (made !== undefined) return made as T;
    const needs = (Reflect.getMetadata('design:paramtypes', token) ?? []) as Made[];
    const instance = new (token as unknown as new (...args: unknown[]) => T)(...needs.map((need) => this.get(need)));
    this.made.set(token, instance);
    return instance;
  }

  async execute(command: object): Promise<unknown> {
    const handler = this.handlers.get(command.constructor);
    if (!handler) throw new Error(`nobody handles ${command.constructor.name}`);
    return (this.get(handler) as { execute(command: object): Promise<unknown> }).execute(command);
  }
}
