import { eventLogContract } from '#event-log/contract/event-log-contract.js';
import { InMemoryEventLog } from '#event-log/in-memory.js';

const nothingToOpen = 'it lives in one object: there is no storage that could be opened again';

eventLogContract({
  name: 'in memory',
  create: async () => {
    const log = new InMemoryEventLog();
    return {
      log,
      reopen: () => Promise.reject(new Error('an in-memory log cannot be opened again')),
      disconnect: async () => undefined,
      dispose: () => log.close(),
    };
  },
  gaps: {
    'the same ids are recognised after the log was opened again': nothingToOpen,
    'order, positions and contents are the same after the log was opened again': nothingToOpen,
    'the identity stays when the log is opened again': nothingToOpen,
    'an append that was accepted before closing is finished': nothingToOpen,
  },
});
