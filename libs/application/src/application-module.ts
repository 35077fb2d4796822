import { type DynamicModule, Inject, Module, type OnModuleInit } from '@nestjs/common';
import { CommandBus, CqrsModule } from '@nestjs/cqrs';

import { Application } from '#application/application.js';
import { handlers } from '#application/handlers.js';
import type { Parts } from '#application/parts.js';
import { checkInput } from '#application/violations.js';

/** The command bus with every handler; what it is made of comes from outside. */
@Module({})
export class ApplicationModule implements OnModuleInit {
  readonly #bus: CommandBus;

  constructor(@Inject(CommandBus) bus: CommandBus) {
    this.#bus = bus;
  }

  static with(parts: Parts): DynamicModule {
    return {
      module: ApplicationModule,
      imports: [CqrsModule.forRoot()],
      providers: [{ provide: Application, useFactory: () => new Application(parts) }, ...handlers],
      exports: [CqrsModule, Application],
    };
  }

  onModuleInit(): void {
    checkInput(this.#bus);
  }
}
