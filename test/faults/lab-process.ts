import type { Delivery, Order } from './lab-pool';
import { FaultLab } from './try-faults';

// One process of the pool: `lab-process.ts <folder of the built tasks>`.
const lab = new FaultLab(process.argv[2] ?? '');

async function deliver({ scenario, faults }: Order): Promise<Delivery> {
  try {
    return { verdict: await lab.try(scenario, faults) };
  } catch (error) {
    return { failure: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

process.on('message', (order: Order) => {
  void deliver(order).then((delivery) => process.send?.(delivery));
});
process.on('disconnect', () => {
  lab.close();
  process.exit(0);
});
