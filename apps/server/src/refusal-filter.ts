import { type ArgumentsHost, Catch, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply } from 'fastify';

import { describeError } from '#server/describe-error.js';
import type { Log } from '#server/log.js';
import { refusalBody, refusalStatus } from '#server/refusals.js';

/** Whatever was thrown while a request was handled ends here: the cause in the log, none in the answer. */
@Catch()
export class RefusalFilter implements ExceptionFilter {
  readonly #log: Log;

  constructor(log: Log) {
    this.#log = log;
  }

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const status = refusalStatus(error);
    if (status >= 500) this.#log.error({ error: describeError(error) }, 'a request failed');
    void http.getResponse<FastifyReply>().code(status).send(refusalBody(status));
  }
}
