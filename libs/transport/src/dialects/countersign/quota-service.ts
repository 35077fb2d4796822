// What an organization used: counted in rows, so that every server tells the same.

import { type QuotaFigure, quotasAt } from '#application/quota/quotas.js';
import { QuotaService } from '#contract/countersign/v1/quota_service_pb.js';
import { momentOf } from '#transport/dialects/countersign/messages.js';
import { askingOf, type Parts } from '#transport/dialects/countersign/parts.js';
import { answered, type Implemented, implement } from '#transport/implementation.js';

export const quotaService = ({ application, queries }: Parts): readonly Implemented[] =>
  implement(QuotaService, {
    getQuotas: {
      access: { of: 'organization', permission: 'org.quota.read', organizationId: 'organizationId' },
      run: async (_, call) => {
        const { organizationId } = call;
        const { settings } = await application.surroundings.of(organizationId);
        const { period, figuresOf } = quotasAt(settings, application.parts.clock());
        const found = await queries.usageOf(organizationId, period, askingOf(call));
        if (found.kind === 'rejected') return found;
        const { turns, relationships, resetAt } = figuresOf(found.answer);
        return answered({
          turns: figureMessage(turns),
          relationships: figureMessage(relationships),
          periodStart: momentOf(period.start),
          resetTime: momentOf(resetAt),
        });
      },
    },
  });

const figureMessage = ({ used, ceiling }: QuotaFigure) => ({
  used: BigInt(used),
  ...(ceiling !== null && { limit: BigInt(ceiling) }),
});
