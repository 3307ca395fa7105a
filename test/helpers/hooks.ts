import fc from 'fast-check';
import sinon from 'sinon';

/** Property tests try the same values each time, so that a change is judged by itself; `npm run test:inputs` tries others. */
fc.configureGlobal({ seed: Number(process.env['FUZZ_SEED'] ?? 1) });

/** Restores every stub and fake timer after each test. */
export const mochaHooks = {
  afterEach(): void {
    sinon.restore();
  },
};
