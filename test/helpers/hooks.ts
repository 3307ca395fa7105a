import sinon from 'sinon';

/** Restores every stub and fake timer after each test. */
export const mochaHooks = {
  afterEach(): void {
    sinon.restore();
  },
};
