import fc from 'fast-check';
import sinon from 'sinon';
import { removeTempDirectories } from './temp-directories';

/** Property tests try the same values each time, so that a change is judged by itself; `npm run test:inputs` tries others. */
fc.configureGlobal({ seed: Number(process.env['FUZZ_SEED'] ?? 1) });

/** Restores every stub and fake timer after each test, and leaves no folders. */
export const mochaHooks = {
  afterEach(): void {
    sinon.restore();
  },
  /** Thousands of files take a busy machine a while. */
  afterAll(this: Mocha.Context): void {
    this.timeout(60_000);
    removeTempDirectories();
  },
};
