import { quotasAt } from '#application/quota/quotas.js';
import { pathOf } from '#cli/change-of-user.js';
import type { Command } from '#cli/command.js';
import { exitCodes } from '#cli/exit-codes.js';
import { type House, refused } from '#cli/house.js';
import { organizationArgument } from '#cli/organization-argument.js';
import { reach } from '#cli/reach.js';
import type { Json } from '#cli/service-api.js';
import type { OrganizationId } from '#domain/ids.js';
import type { Quota } from '#domain/quota/usage.js';

interface Shown extends Readonly<Record<Quota, { readonly used: number; readonly limit: number | null }>> {
  readonly resetTime: string;
}

export const quotasShow: Command = {
  name: 'quotas show',
  summary: 'Print what an organization used in this billing period, and how much it may use.',
  way: 'either',
  arguments: [organizationArgument],
  options: {},
  examples: [{ line: 'quotas show 9c0e1007-6d56-88b8-8021-d892997d39c3', meaning: 'Of one organization' }],
  run: async (call) => {
    const id = call.given.argument(0);
    const shown = await reach<Shown>(call, {
      byApi: async (service) =>
        told(await service.ask({ verb: 'GET', path: `/countersign/v1/organizations/${pathOf(id)}/quotas` })),
      offline: (house) => counted(house, id as OrganizationId),
    });
    await call.output.answer(shown, () => {
      const rows = (['turns', 'relationships'] as const).map((quota) => {
        const { used, limit } = shown[quota];
        const reset = quota === 'turns' ? shown.resetTime : 'never';
        return [quota, String(used), limit === null ? 'none' : String(limit), reset];
      });
      return call.output.table(['quota', 'used', 'limit', 'reset'], rows);
    });
    return exitCodes.done;
  },
};

function told({ turns, relationships, resetTime }: Json): Shown {
  const figure = ({ used = 0, limit = null }: Json) => ({
    used: Number(used),
    limit: limit === null ? null : Number(limit),
  });
  return {
    turns: figure(turns as Json),
    relationships: figure(relationships as Json),
    resetTime: new Date(String(resetTime)).toISOString(),
  };
}

async function counted({ application, ask }: House, id: OrganizationId): Promise<Shown> {
  const { organization, settings } = await application.surroundings.of(id);
  if (organization !== 'active' && organization !== 'inactive')
    throw refused({ code: 'organization-not-found' });
  const { period, figuresOf } = quotasAt(settings, application.parts.clock());
  const found = await ask((queries, asking) => queries.usageOf(id, period, asking));
  if (found.kind === 'rejected') throw refused(found.refusal);
  const { turns, relationships, resetAt } = figuresOf(found.answer);
  return {
    turns: { used: turns.used, limit: turns.ceiling },
    relationships: { used: relationships.used, limit: relationships.ceiling },
    resetTime: new Date(resetAt).toISOString(),
  };
}
