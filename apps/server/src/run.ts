// What a service is made of is loaded when its settings have been read: a bad one is told at once.

import { type Environment, readConfiguration } from '#server/config.js';
import { StartRefusal, tellRefusal } from '#server/start-refusal.js';

export async function run(environment: Environment): Promise<void> {
  try {
    const configuration = readConfiguration(environment);
    if (configuration.status === 'refused') throw new StartRefusal(configuration.problems.join('; '));
    const { serve } = await import('#server/serve.js');
    // Not before: every map of what is loaded would be looked up, which takes longer than to load it.
    process.setSourceMapsEnabled(true);
    await serve(configuration.settings);
  } catch (error) {
    if (!(error instanceof StartRefusal)) throw error;
    tellRefusal(error);
    process.exitCode = 1;
  }
}
