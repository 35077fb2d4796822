import { Controller, Get, Inject, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';

import { Readiness, type ReadinessState } from '#server/readiness.js';

@Controller()
export class Health {
  readonly #readiness: Readiness;

  constructor(@Inject(Readiness) readiness: Readiness) {
    this.#readiness = readiness;
  }

  /** Restart this process when it does not answer. Says nothing about what it depends on. */
  @Get('healthz')
  alive(): { readonly status: 'alive' } {
    return { status: 'alive' };
  }

  /** Send this process requests while it answers 200. */
  @Get('readyz')
  async ready(@Res({ passthrough: true }) reply: FastifyReply): Promise<ReadinessState> {
    const state = await this.#readiness.look();
    reply.code(state.status === 'ready' ? 200 : 503);
    return state;
  }
}
