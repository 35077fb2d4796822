// What an engine brings to the suite, and how the suite treats what an engine cannot do: a gap is
// declared data with a reason, and it must name a claim that exists.

import { describe, expect, it } from '@jest/globals';
import type { EventLog } from '#event-log/event-log.js';

export interface LogUnderTest {
  readonly log: EventLog;
  /** Closes the log and opens the same storage again. */
  reopen(): Promise<EventLog>;
  /** Breaks what connects the log with its storage, if anything does; it must heal by itself. */
  disconnect(): Promise<void>;
  dispose(): Promise<void>;
}

export interface Engine {
  readonly name: string;
  /** A log of its own if the engine can give one, else a connection to a log that others write too. */
  create(): Promise<LogUnderTest>;
  /** Claim → why this engine cannot keep it. */
  readonly gaps: Readonly<Record<string, string>>;
}

export type Claim = (title: string, check: (under: LogUnderTest) => Promise<void>) => void;

/** Runs each claim on a log of its own. */
export function claimsOf(engine: Engine, register: (claim: Claim) => void): void {
  describe(`the event log port on ${engine.name}`, () => {
    const titles = new Set<string>();
    register((title, check) => {
      titles.add(title);
      const reason = engine.gaps[title];
      if (reason !== undefined) it.skip(`${title} [gap: ${reason}]`, () => undefined);
      else it(title, () => withLog(engine, check));
    });
    it('declares no gap that is not a claim, and none without a reason', () => {
      expect(Object.keys(engine.gaps).filter((title) => !titles.has(title))).toEqual([]);
      expect(Object.values(engine.gaps).filter((reason) => reason.length < 10)).toEqual([]);
    });
  });
}

async function withLog(engine: Engine, check: (under: LogUnderTest) => Promise<void>): Promise<void> {
  const under = await engine.create();
  try {
    await check(under);
  } finally {
    await under.dispose();
  }
}
