import type { Details } from '#application/caller.js';
import type { Loaded } from '#application/streams.js';
import { instanceStream } from '#application/surroundings.js';
import type { OrganizationId } from '#domain/ids.js';
import type { SettingName } from '#domain/organization/settings.js';
import { effectiveSettings, isLiving } from '#domain/organization/state.js';
import type { MemberAnswer, OrganizationAnswer, SettingsAnswer } from '#read-models/queries/organizations.js';
import { type Answer, accepted, type OrganizationNotFound, rejected } from '#read-models/queries/queries.js';
import { knownByStream } from '#read-models/testing/folded/known-user.js';
import type { FoldedSources } from '#read-models/testing/folded/sources.js';

export async function getOrganization(
  organizationId: OrganizationId,
  sources: FoldedSources,
): Promise<Answer<OrganizationAnswer, OrganizationNotFound>> {
  const loaded = await loadedOf(organizationId, sources);
  if (!isLiving(loaded.state)) return notFound;
  const { name, status, createdAt } = loaded.state;
  const details = detailsOf(organizationId, loaded);
  return accepted({ organizationId, name, state: status, createdAt, details });
}

/** Whoever was removed or erased is none any more, although the roles still stand there. */
export async function listMembers(
  organizationId: OrganizationId,
  sources: FoldedSources,
): Promise<Answer<readonly MemberAnswer[], OrganizationNotFound>> {
  const { application } = sources;
  const { state } = await loadedOf(organizationId, sources);
  if (!isLiving(state)) return notFound;
  const alive = await Promise.all(
    state.members.map(({ userId }) => knownByStream(application, application.userStream(userId))),
  );
  return accepted(state.members.filter((_, index) => alive[index] !== null));
}

export async function settingsOf(
  organizationId: OrganizationId,
  sources: FoldedSources,
): Promise<Answer<SettingsAnswer, OrganizationNotFound>> {
  const loaded = await loadedOf(organizationId, sources);
  const { state } = loaded;
  if (!isLiving(state)) return notFound;
  const { state: around } = await sources.application.instance.streams.current(instanceStream);
  return accepted({
    settings: effectiveSettings(state, around),
    chosen: Object.keys(state.overrides) as SettingName[],
    details: detailsOf(organizationId, loaded),
  });
}

const notFound = rejected<OrganizationNotFound>({ code: 'organization-not-found' });

const loadedOf = (organizationId: OrganizationId, { application }: FoldedSources) =>
  application.organizations.streams.current(application.organizationStream(organizationId));

const detailsOf = (resourceOwner: OrganizationId, { revision, changedAt }: Loaded<unknown>): Details => ({
  sequence: revision + 1,
  changeDate: changedAt,
  resourceOwner,
});
