// What specs import as `@jest/globals` where they are run without Jest around them.

import { expect as expectation } from 'expect';
import * as circus from 'jest-circus';

export const expect = expectation;
export const { afterAll, afterEach, beforeAll, beforeEach, describe, it, test } = circus;
