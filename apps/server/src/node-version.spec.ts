import { describe, expect, it } from '@jest/globals';

import { neededNodeVersion, refuseOldNode } from '#server/node-version.js';

describe('the Node that is needed', () => {
  it('is the floor that package.json names', () => {
    expect(neededNodeVersion()).toBe('24.14.1');
  });

  it.each(['18.0.0', '20.20.2', '22.22.2', '24.13.9', '24.14.0', '0.12.18', '9.99.99'])(
    '%s is refused',
    (running) => {
      expect(refuseOldNode(running, '24.14.1')).toBe(
        `countersign needs Node 24.14.1 or later and this is Node ${running}: run \`npm ci && npm start\`, which brings its own.`,
      );
    },
  );

  it.each(['24.14.1', '24.14.2', '24.21.0', '25.0.0', '26.0.0-nightly', '100.0.0'])(
    '%s will do',
    (running) => {
      expect(refuseOldNode(running, '24.14.1')).toBeUndefined();
    },
  );
});
