import { hash, verify } from '@node-rs/argon2';

/** The yardstick of sign-ins: argon2id alone (19 MiB, 2 passes), so many at once. Told in its first message; says how many a second. */
interface Order {
  readonly seconds: number;
  readonly atOnce: number;
}

async function run({ seconds, atOnce }: Order): Promise<void> {
  const kept = await hash('correct horse battery staple 42', { memoryCost: 19_456, timeCost: 2, parallelism: 1 });
  const began = performance.now();
  let checks = 0;
  await Promise.all(Array.from({ length: atOnce }, async () => {
    for (; performance.now() - began < seconds * 1000; checks++) await verify(kept, 'correct horse battery staple 42');
  }));
  process.send?.({ perSecond: (checks / (performance.now() - began)) * 1000 });
}

process.once('message', (order: Order) => void run(order));
