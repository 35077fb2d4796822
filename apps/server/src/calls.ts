// The calls of this process: what is served, and the pipeline behind it as soon as the application is open.

import type { Command } from '@nestjs/cqrs';

import { defaultRateLimits, type RateLimits } from '#access/rate-limits.js';
import { EventService } from '#contract/countersign/v1/event_service_pb.js';
import { FactorService } from '#contract/countersign/v1/factor_service_pb.js';
import { KeyService } from '#contract/countersign/v1/key_service_pb.js';
import { OrganizationMemberService } from '#contract/countersign/v1/organization_member_service_pb.js';
import { OrganizationSettingsService } from '#contract/countersign/v1/organization_settings_service_pb.js';
import { PasswordService } from '#contract/countersign/v1/password_service_pb.js';
import { PolicyService } from '#contract/countersign/v1/policy_service_pb.js';
import { ProjectionService } from '#contract/countersign/v1/projection_service_pb.js';
import { QuotaService } from '#contract/countersign/v1/quota_service_pb.js';
import { RecoveryCodeService } from '#contract/countersign/v1/recovery_code_service_pb.js';
import { UserService as CountersignUserService } from '#contract/countersign/v1/user_service_pb.js';
import { OrganizationService } from '#contract/zitadel/org/v2/org_service_pb.js';
import { SessionService } from '#contract/zitadel/session/v2/session_service_pb.js';
import { SettingsService } from '#contract/zitadel/settings/v2/settings_service_pb.js';
import { UserService } from '#contract/zitadel/user/v2/user_service_pb.js';
import { describeError } from '#server/describe-error.js';
import type { Log } from '#server/log.js';
import type { OpenedService, Opening } from '#server/opening.js';
import { withRequestId } from '#server/request-id.js';
import type { Answered, Incoming, Served, ServedMethod } from '#transport/call.js';
import { countersignServices } from '#transport/dialects/countersign/services.js';
import { zitadelServices } from '#transport/dialects/zitadel/services.js';
import type { Implemented } from '#transport/implementation.js';
import { pipelineOf } from '#transport/pipeline.js';
import { statusOf } from '#transport/statuses.js';

export const services = [
  UserService,
  OrganizationService,
  SettingsService,
  SessionService,
  FactorService,
  RecoveryCodeService,
  PasswordService,
  OrganizationSettingsService,
  OrganizationMemberService,
  PolicyService,
  QuotaService,
  CountersignUserService,
  ProjectionService,
  EventService,
  KeyService,
];

export interface CallsOptions {
  readonly limits?: RateLimits;
  /** Told how each command ended. */
  readonly onOutcome?: (outcome: unknown) => void;
  /** Told of each call that was refused because a policy could not be evaluated. */
  readonly onPolicyFailed?: () => void;
}

/** Until the application is open, every call is answered as unavailable: nothing was looked at. */
export function callsOver(opening: Opening, log: Log, options: CallsOptions = {}): Served {
  let pipeline: Served | null = null;
  const whenOpen = (): Served | null => {
    const { opened } = opening;
    if (opened !== null) pipeline ??= pipelineOver(opened, log, options);
    return pipeline;
  };
  return {
    services,
    invoke: async (method, read, incoming) =>
      whenOpen()?.invoke(method, read, incoming) ?? notOpen(method, incoming),
    stream: async (method, read, incoming) =>
      whenOpen()?.stream(method, read, incoming) ?? notOpen(method, incoming),
    endStreams: () => pipeline?.endStreams(),
  };
}

function notOpen(method: ServedMethod, { requestId }: Incoming): Extract<Answered, { kind: 'refused' }> {
  const status = statusOf({ code: 'unavailable' }, method, Date.now());
  return { kind: 'refused', status, headers: { 'x-request-id': requestId } };
}

function pipelineOver(
  { application, bus, queries, operating, sharedLimits }: OpenedService,
  log: Log,
  { limits = defaultRateLimits, onOutcome = () => undefined, onPolicyFailed = () => undefined }: CallsOptions,
): Served {
  const run = async <Answer>(command: Command<Answer>): Promise<Answer> => {
    const outcome = await bus.execute(command);
    onOutcome(outcome);
    return outcome;
  };
  const implemented: readonly (readonly Implemented[])[] = [
    zitadelServices({ application, queries, run }),
    ...countersignServices({ application, queries, operating, run, implemented: () => implemented.flat() }),
  ];
  return pipelineOf({
    application,
    services,
    implemented,
    limits,
    sharedBuckets: sharedLimits?.buckets,
    onFailure: (error, { requestId }) =>
      withRequestId(requestId, () => log.error({ error: describeError(error) }, 'a call failed')),
    onPolicyFailed: (policies) => {
      log.error(
        { policies },
        'a call was refused, because policies of an organization could not be evaluated',
      );
      onPolicyFailed();
    },
  });
}
