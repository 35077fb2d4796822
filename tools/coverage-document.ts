// docs/zitadel-coverage.md: which calls of ZITADEL are built, and where what they answer is meant to differ.

import type { DescMethod, DescService } from '@bufbuild/protobuf';

import { ourFiles, publishedFiles } from '#tools/contract-files.js';
import { type Mended, mended } from '#tools/mended-behaviour.js';

/** In the contract already, and answered UNIMPLEMENTED: the reason by the name of the call. */
const notYetBuilt: Readonly<Record<string, string>> = {};

/** In ZITADEL's sources, and neither published nor built. */
const younger: Readonly<Record<string, readonly string[]>> = {
  'zitadel.org.v2.OrganizationService': [
    'AddOrganizationDomain',
    'DeleteOrganizationDomain',
    'DeleteOrganizationMetadata',
    'GenerateOrganizationDomainValidation',
    'ListOrganizationDomains',
    'ListOrganizationMetadata',
    'SetOrganizationMetadata',
    'VerifyOrganizationDomain',
  ],
};

const servicesOf = (files: typeof ourFiles) =>
  files.flatMap(({ services }) => services).filter(({ typeName }) => typeName.startsWith('zitadel.'));

export function coverageDocument(): string {
  const ours = new Map(servicesOf(ourFiles).map((service) => [service.typeName, service]));
  const theirs = servicesOf(publishedFiles).toSorted((one, other) => order(one.typeName, other.typeName));
  const covered = theirs.filter(({ typeName }) => ours.has(typeName));
  const others = theirs.filter(({ typeName }) => !ours.has(typeName));
  return `# What of ZITADEL is built

Its clients find here the calls that are built, with the same names, numbers, routes and error ids. A call that is
not built answers UNIMPLEMENTED; over REST it has no route, and is 404.

<!-- Generated from proto/ and the published package @zitadel/proto by \`npm run generate\`. -->

${covered.map((service) => serviceSection(service, ours.get(service.typeName))).join('\n')}
## Other services

None of their calls is built.

| service | calls |
|---|---|
${others.map(({ typeName, methods }) => `| \`${typeName}\` | ${methods.length} |`).join('\n')}

## Where the answer is meant to differ

What is sent and read stays the same; what is done is mended.

| where | ZITADEL | here |
|---|---|---|
${mended.map(mendedRow).join('\n')}
`;
}

function serviceSection(
  { typeName, methods: published }: DescService,
  ours: DescService | undefined,
): string {
  const methods = ours?.methods ?? [];
  const kept = methods.map(({ name }) => name);
  const known = published.map(({ name }) => name);
  const names = [...new Set([...known, ...kept, ...(younger[typeName] ?? [])])].toSorted(order);
  const built = names.filter((name) => isBuilt(typeName, name, methods));
  const rows = names.map((name) => {
    const note = known.includes(name) ? '' : 'younger than the published package';
    return `| ${name} | ${built.includes(name) ? 'yes' : 'no'} | ${notYetBuilt[`${typeName}/${name}`] ?? note} |`;
  });
  return `## ${typeName}

${built.length} of ${names.length} calls.

| call | built | note |
|---|---|---|
${rows.join('\n')}
`;
}

const isBuilt = (service: string, call: string, methods: readonly DescMethod[]): boolean =>
  methods.some(({ name }) => name === call) && !(`${service}/${call}` in notYetBuilt);

const mendedRow = ({ where, theirs, ours }: Mended): string => `| ${where} | ${theirs} | ${ours} |`;

/** By code units, the same on every machine. */
function order(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}
