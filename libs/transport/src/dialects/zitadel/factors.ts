// By what means a user can prove itself. Any device counts here, also one that the TOTP calls do not touch:
// who has one can be asked for its code.

import type { Violation } from '#application/violations.js';
import { AuthFactorState } from '#contract/zitadel/user/v2/user_pb.js';
import {
  AuthenticationMethodType,
  AuthFactors,
  type ListAuthenticationFactorsRequest,
  type UserService,
} from '#contract/zitadel/user/v2/user_service_pb.js';
import type { FactorState } from '#read-models/queries/factors.js';
import { listDetailsOf } from '#transport/dialects/zitadel/messages.js';
import { addressOf, askingOf, type Parts } from '#transport/dialects/zitadel/parts.js';
import { broken, invalid, unknownValue } from '#transport/dialects/zitadel/violations.js';
import { answered, type MethodTable, refused } from '#transport/implementation.js';

const access = { of: 'user', permission: 'user.read', self: true, userId: 'userId' } as const;

const methodTypes = {
  password: AuthenticationMethodType.PASSWORD,
  totp: AuthenticationMethodType.TOTP,
  'recovery-code': AuthenticationMethodType.RECOVERY_CODE,
} as const;

const states: ReadonlyMap<AuthFactorState, FactorState> = new Map([
  [AuthFactorState.NOT_READY, 'not-ready'],
  [AuthFactorState.READY, 'ready'],
  [AuthFactorState.REMOVED, 'removed'],
]);

const stateNumbers = {
  'not-ready': AuthFactorState.NOT_READY,
  ready: AuthFactorState.READY,
  removed: AuthFactorState.REMOVED,
} as const satisfies Record<FactorState, AuthFactorState>;

export function factors(parts: Parts): MethodTable<typeof UserService> {
  return {
    listAuthenticationMethodTypes: {
      access,
      run: async (request, call) => {
        const { organizationId, userId } = addressOf(request, call);
        const found = await parts.queries.listAuthenticationMethods(organizationId, userId, askingOf(call));
        if (found.kind === 'rejected') return found;
        const authMethodTypes = found.answer.map((method) => methodTypes[method]);
        const details = listDetailsOf(authMethodTypes.length, parts.application.parts.clock());
        return answered({ details, authMethodTypes });
      },
    },
    listAuthenticationFactors: {
      access,
      run: async (request, call) => {
        const violations = factorViolations(request);
        if (violations.length > 0) return refused(invalid(violations));
        const { organizationId, userId } = addressOf(request, call);
        const asked = { userId, states: request.states.flatMap((state) => states.get(state) ?? []) };
        const found = await parts.queries.listAuthenticationFactors(organizationId, asked, askingOf(call));
        if (found.kind === 'rejected') return found;
        const { authFactors } = request;
        // There are no others.
        const isWanted = authFactors.length === 0 || authFactors.includes(AuthFactors.OTP);
        return answered({
          result: (isWanted ? found.answer : []).map(({ state }) => ({
            state: stateNumbers[state],
            type: { case: 'otp' as const, value: {} },
          })),
        });
      },
    },
  };
}

const factorViolations = ({
  authFactors,
  states: asked,
}: ListAuthenticationFactorsRequest): readonly Violation[] => [
  ...authFactors.flatMap((factor, index) =>
    broken([!(factor in AuthFactors), unknownValue(`auth_factors[${index}]`)]),
  ),
  ...asked.flatMap((state, index) => broken([!states.has(state), unknownValue(`states[${index}]`)])),
];
