// The same contract on a real EventStoreDB, when COUNTERSIGN_TEST_EVENTSTOREDB names one:
//
//   COUNTERSIGN_TEST_EVENTSTOREDB='esdb://127.0.0.1:2113?tls=false' npx jest libs/event-log-eventstoredb

import { describe, it } from '@jest/globals';

import { eventLogContract } from '#event-log/contract/event-log-contract.js';
import { EventStoreDbEventLog } from '#event-log-eventstoredb/eventstoredb-event-log.js';
import { CuttableProxy } from '#event-log-eventstoredb/testing/cuttable-proxy.js';

const real = process.env.COUNTERSIGN_TEST_EVENTSTOREDB;

if (real === undefined) {
  describe('the event log port on a real EventStoreDB', () => {
    it.skip('keeps the contract [gap: COUNTERSIGN_TEST_EVENTSTOREDB names no server]', () => undefined);
  });
} else {
  eventLogContract({
    name: 'a real EventStoreDB',
    create: async () => {
      const proxy = await CuttableProxy.before(real);
      const { connectionString } = proxy;
      let log = await EventStoreDbEventLog.open({ connectionString });
      const first = log;
      return {
        log,
        reopen: async () => {
          await log.close();
          log = await EventStoreDbEventLog.open({ connectionString });
          return log;
        },
        disconnect: async () => proxy.cut(),
        dispose: async () => {
          await Promise.all([first.close(), log.close()]);
          await proxy.close();
        },
      };
    },
    gaps: {
      'an empty log has its head at the start': 'a server writes events of its own before anybody else does',
      'another log has another identity': 'a server holds one log, and the suite has one server',
      ...(CuttableProxy.canStandBefore(real)
        ? {}
        : {
            'a subscription goes on without gap or duplicate over a lost connection':
              'nothing can cut the connection to a cluster, or one with TLS, from here',
          }),
    },
  });
}
