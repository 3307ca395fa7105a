import { parseFaultOptions, usage } from '../../test/faults/command-line';
import { FaultSuite } from '../../test/faults/run-faults';

async function main(args: readonly string[]): Promise<boolean> {
  if (args.includes('--help')) {
    console.log(usage);
    return true;
  }
  try {
    return await new FaultSuite(parseFaultOptions(args), (line) => console.log(line)).run();
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    console.error(usage);
    return false;
  }
}

void main(process.argv.slice(2)).then((isGood) => process.exit(isGood ? 0 : 1));
