import { runLoad, type LoadPlan } from './load-client';

/** The process that makes the load: takes a plan, answers with what came of it. */
process.on('message', (plan: LoadPlan) => {
  runLoad(plan).then((result) => process.send?.(result), (error: unknown) => {
    console.error(error);
    process.exit(1);
  });
});
