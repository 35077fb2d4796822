// Tests run as ES modules on the sources: SWC strips the types, the `development` condition of
// package.json's imports leads to the .ts files.
import { swcOptions } from './tools/swc-options.js';

export default {
  testEnvironmentOptions: { customExportConditions: ['development', 'node', 'node-addons'] },
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '^.+\\.ts$': ['@swc/jest', swcOptions] },
  testMatch: ['<rootDir>/{apps,libs,test,tools}/**/*.spec.ts'],
  modulePathIgnorePatterns: ['<rootDir>/dist'],
  testTimeout: 60_000,
};
