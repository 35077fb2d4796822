// What is told of deliveries: each is counted, and those that an operator should know of have a line. None says where it
// went to beyond its host, and none what it said.

import type { HookTold } from '#delivery-hook/delivering.js';
import { describeError } from '#server/describe-error.js';
import type { Log } from '#server/log.js';
import type { HookMetrics } from '#server/metrics/hook.js';

export function hookTelling(log: Log, metrics: HookMetrics | undefined): HookTold {
  let trouble = '';
  return {
    onDelivered: () => {
      trouble = '';
      metrics?.delivered();
    },
    onFailed: ({ id, type, failures }, { reason, code }) => {
      metrics?.failed();
      if (failures > 1) return;
      const status = code !== undefined && { status: code };
      log.warn({ event: id, type, reason, ...status }, 'a notice was not taken; it is tried again');
    },
    onGivenUp: ({ id, type, position, reason, failures }) => {
      metrics?.givenUp();
      log.error({ event: id, type, position, reason, failures }, 'a notice was given up');
    },
    // It is tried again every second, and told when it changes.
    onTrouble: (error) => {
      const described = describeError(error);
      const text = `${described.name} ${described.code ?? ''}`;
      if (text === trouble) return;
      trouble = text;
      log.error({ error: described }, 'the delivery hook is held up');
    },
  };
}
