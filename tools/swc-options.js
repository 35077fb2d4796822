// How TypeScript becomes JavaScript: said once, for the build and for the tests, so that what is
// tested is what runs.
/** @type {import('@swc/core').Options} */
export const swcOptions = {
  jsc: {
    target: 'es2024',
    parser: { syntax: 'typescript', decorators: true },
    transform: { legacyDecorator: true, decoratorMetadata: true },
  },
  module: { type: 'es6' },
};
