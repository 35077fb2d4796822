import { type DynamicModule, Module } from '@nestjs/common';

import { Health } from '#server/health.js';
import { Readiness } from '#server/readiness.js';

@Module({})
class ServerModule {}

/** What was opened before Nest begins is handed in: Nest wires, and opens nothing. */
export function serverModule(readiness: Readiness): DynamicModule {
  return {
    module: ServerModule,
    controllers: [Health],
    providers: [{ provide: Readiness, useValue: readiness }],
  };
}
