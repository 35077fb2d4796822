// What every command on the instance has in common. There is one, and its id owns what its stream says.

import type { Application } from '#application/application.js';
import type { Caller, Outcome } from '#application/caller.js';
import { acceptAgain, type NotExecuted } from '#application/execute.js';
import { instanceStream } from '#application/surroundings.js';
import type { InvalidInput } from '#application/violations.js';
import type { Decision } from '#domain/decider.js';
import type { Instant } from '#domain/ids.js';
import type { NotSetUp } from '#domain/instance/decide.js';
import type { InstanceEvent } from '#domain/instance/events.js';
import type { InstanceState } from '#domain/instance/state.js';

export interface InstanceCommand {
  readonly by: Caller;
}

export type InstanceOutcome<Refusal> = Outcome<null, Refusal | NotSetUp | NotExecuted | InvalidInput>;

export async function executeForInstance<Refusal>(
  application: Application,
  { by }: InstanceCommand,
  decide: (
    instance: InstanceState,
    now: Instant,
  ) => Decision<InstanceEvent, Refusal> | Promise<Decision<InstanceEvent, Refusal>>,
): Promise<Outcome<null, Refusal | NotSetUp | NotExecuted>> {
  const { streams, commands } = application.instance;
  // Nothing is kept at hand of a stream without events: what is unknown here was unknown to the log.
  const { state } = await streams.get(instanceStream);
  if (state.status === 'unknown') return { kind: 'rejected', refusal: { code: 'instance-not-set-up' } };
  return commands.execute<Refusal, null>({
    stream: instanceStream,
    by,
    resourceOwner: state.instanceId,
    decide,
    recall: acceptAgain,
  });
}
