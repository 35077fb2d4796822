// Holds proto/zitadel to the package that ZITADEL publishes, number by number, so that its clients are understood;
// and proto/countersign to what commands take and refuse.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import {
  type DescEnum,
  type DescFile,
  type DescMessage,
  type DescMethod,
  type DescService,
  getOption,
  hasOption,
} from '@bufbuild/protobuf';
import { describe, expect, it } from '@jest/globals';

import { refusals } from '#application/refusals.js';
import { OrganizationSettingsSchema } from '#contract/countersign/v1/organization_settings_service_pb.js';
import { RefusalDetailSchema } from '#contract/countersign/v1/refusal_pb.js';
import { http } from '#contract/google/api/annotations_pb.js';
import { DetailsSchema } from '#contract/zitadel/object/v2/object_pb.js';
import { defaultSettings } from '#domain/organization/settings.js';
import { ourFiles, publishedFiles } from '#tools/contract-files.js';
import { operatorRefusals, pipelineRefusals } from '#transport/refusals.js';

type Facts = Readonly<Record<string, string>>;

const root = join(import.meta.dirname, '..', '..');
const isOf = (prefix: string) => (file: DescFile) => file.proto.package.startsWith(prefix);
const zitadelFiles = ourFiles.filter(isOf('zitadel.'));
const countersignServices = ourFiles.filter(isOf('countersign.')).flatMap(({ services }) => services);

const younger = 'ZITADEL made it after it published the package';
const unrouted = 'ZITADEL gave it its REST route after it published the package';

/** What ZITADEL has and the published package lacks. */
const unpublished: Readonly<Record<string, string>> = {
  'zitadel.filter.v2.ByteFilterMethod': younger,
  'zitadel.metadata.v2.MetadataValueFilter': younger,
  'zitadel.org.v2.ActivateOrganizationRequest': younger,
  'zitadel.org.v2.ActivateOrganizationResponse': younger,
  'zitadel.org.v2.AddOrganizationRequest.organization_id': younger,
  'zitadel.org.v2.DeactivateOrganizationRequest': younger,
  'zitadel.org.v2.DeactivateOrganizationResponse': younger,
  'zitadel.org.v2.DeleteOrganizationRequest': younger,
  'zitadel.org.v2.DeleteOrganizationResponse': younger,
  'zitadel.org.v2.OrganizationService.ActivateOrganization': younger,
  'zitadel.org.v2.OrganizationService.DeactivateOrganization': younger,
  'zitadel.org.v2.OrganizationService.DeleteOrganization': younger,
  'zitadel.org.v2.OrganizationService.UpdateOrganization': younger,
  'zitadel.org.v2.UpdateOrganizationRequest': younger,
  'zitadel.org.v2.UpdateOrganizationResponse': younger,
  'zitadel.session.v2.CheckRecoveryCode': younger,
  'zitadel.session.v2.Checks.recovery_code': younger,
  'zitadel.session.v2.ExpirationDateQuery': younger,
  'zitadel.session.v2.Factors.recovery_code': younger,
  'zitadel.session.v2.RecoveryCodeFactor': younger,
  'zitadel.session.v2.SearchQuery.expiration_date_query': younger,
  'zitadel.settings.v2.LoginSettings.allow_local_authentication': younger,
  'zitadel.settings.v2.SecondFactorType.SECOND_FACTOR_TYPE_RECOVERY_CODES': younger,
  'zitadel.settings.v2.SecondFactorType.SECOND_FACTOR_TYPE_TOTP': younger,
  'zitadel.user.v2.AuthenticationMethodType.AUTHENTICATION_METHOD_TYPE_RECOVERY_CODE': younger,
  'zitadel.user.v2.CreateUserRequest.Machine.access_token_type': younger,
  'zitadel.user.v2.CreateUserRequest.metadata': younger,
  'zitadel.user.v2.GenerateRecoveryCodesRequest': younger,
  'zitadel.user.v2.GenerateRecoveryCodesResponse': younger,
  'zitadel.user.v2.RemoveRecoveryCodesRequest': younger,
  'zitadel.user.v2.RemoveRecoveryCodesResponse': younger,
  'zitadel.user.v2.SearchQuery.metadata_key_filter': younger,
  'zitadel.user.v2.SearchQuery.metadata_value_filter': younger,
  'zitadel.user.v2.UpdateUserRequest.Machine.access_token_type': younger,
  'zitadel.user.v2.UpdateUserRequest.metadata': younger,
  'zitadel.user.v2.UserService.AddPersonalAccessToken over REST': unrouted,
  'zitadel.user.v2.UserService.CreateUser over REST': unrouted,
  'zitadel.user.v2.UserService.GenerateRecoveryCodes': younger,
  'zitadel.user.v2.UserService.ListPersonalAccessTokens over REST': unrouted,
  'zitadel.user.v2.UserService.RemovePersonalAccessToken over REST': unrouted,
  'zitadel.user.v2.UserService.RemoveRecoveryCodes': younger,
  'zitadel.user.v2.UserService.UpdateUser over REST': unrouted,
};

/** Answered to no call of this contract: at the first start, or to scopes, which no call names. */
const ofNoCall = ['access-token-scopes-invalid', 'instance-already-set-up', 'instance-not-set-up'];

/** What a well-known detail tells, where a refusal carries it. */
const toldElsewhere = ['violations', 'retryAfterMs', 'failures', 'notices', 'quota', 'figures'];

const routeOf = (method: DescMethod): string => {
  if (!hasOption(method, http)) return '';
  const { pattern, body, additionalBindings } = getOption(method, http);
  return `${pattern.case} ${pattern.value} ${body} ${additionalBindings.length}`;
};

const messagesOf = (messages: readonly DescMessage[]): readonly DescMessage[] =>
  messages.flatMap((message) => [message, ...messagesOf(message.nestedMessages)]);

function factsOfMessage(message: DescMessage): Facts {
  const facts = message.fields.map(({ name, jsonName, number, oneof, proto }) => {
    const type = proto.typeName === '' ? proto.type : proto.typeName;
    const cardinality = `${proto.label}${proto.proto3Optional ? ' optional' : ''}`;
    return [`${message.typeName}.${name}`, `${number} ${type} ${cardinality} ${jsonName} in ${oneof?.name}`];
  });
  return { [message.typeName]: 'message', ...Object.fromEntries(facts) };
}

function factsOfEnum(desc: DescEnum): Facts {
  const facts = desc.values.map(({ name, number }) => [`${desc.typeName}.${name}`, `${number}`]);
  return { [desc.typeName]: 'enum', ...Object.fromEntries(facts) };
}

function factsOfService(service: DescService): Facts {
  const facts = service.methods.map(({ name, input, output, methodKind }) => [
    `${service.typeName}.${name}`,
    `${methodKind} ${input.typeName} ${output.typeName}`,
  ]);
  const routes = service.methods.map((method) => [
    `${service.typeName}.${method.name} over REST`,
    routeOf(method),
  ]);
  return { [service.typeName]: 'service', ...Object.fromEntries([...facts, ...routes]) };
}

const factsOf = (files: readonly DescFile[]): Facts =>
  Object.assign(
    {},
    ...files.flatMap(({ messages, enums, services }) => [
      ...messagesOf(messages).map(factsOfMessage),
      ...enums.map(factsOfEnum),
      ...services.map(factsOfService),
    ]),
  );

const ours = factsOf(zitadelFiles);
const theirs = factsOf(publishedFiles);
const isPartOf = (fact: string, whole: string) =>
  fact === whole || fact.startsWith(`${whole}.`) || fact.startsWith(`${whole} `);
const isDeclared = (fact: string) => Object.keys(unpublished).some((whole) => isPartOf(fact, whole));
const isPublished = (fact: string) => (theirs[fact] ?? '') !== '';
const ownerOf = (fact: string) => fact.slice(0, fact.lastIndexOf('.'));

describe('what we say in the words of ZITADEL', () => {
  it('is compared with a package that knows the calls at all', () => {
    expect(zitadelFiles.length).toBeGreaterThan(15);
    expect(Object.keys(ours).filter(isPublished).length).toBeGreaterThan(400);
  });

  it.each(zitadelFiles.map((file) => [file.proto.name, file] as const))(
    'is on the wire what is published, in %s',
    (_name, file) => {
      const known = Object.entries(factsOf([file])).filter(([fact]) => isPublished(fact));
      expect(Object.fromEntries(known)).toEqual(
        Object.fromEntries(known.map(([fact]) => [fact, theirs[fact]])),
      );
    },
  );

  it('is published, or declared not to be', () => {
    const unknown = Object.keys(ours).filter((fact) => !isPublished(fact));
    expect(unknown.filter((fact) => !isDeclared(fact))).toEqual([]);
  });

  it('is declared not to be published only where that is so', () => {
    const facts = Object.keys(ours);
    const stale = Object.keys(unpublished).filter((whole) => {
      const parts = facts.filter((fact) => isPartOf(fact, whole));
      return parts.length === 0 || parts.some(isPublished);
    });
    expect(stale).toEqual([]);
  });

  it('has every field of its messages and every value of its enumerations', () => {
    const kept = Object.keys(theirs).filter((fact) => /^(message|enum)$/.test(ours[ownerOf(fact)] ?? ''));
    expect(kept.length).toBeGreaterThan(300);
    expect(kept.filter((fact) => !(fact in ours))).toEqual([]);
  });
});

const served = [...zitadelFiles, ...ourFiles.filter(isOf('countersign.'))].flatMap(
  ({ services }) => services,
);
const methods = served.flatMap((service) => service.methods);
const nameOf = ({ parent, name }: DescMethod) => `${parent.typeName}/${name}`;

describe('every call', () => {
  it('has a route of its own over REST', () => {
    const routes = methods.map((method) =>
      routeOf(method)
        .replaceAll(/\{\w+\}/g, '{}')
        .split(' ', 2)
        .join(' '),
    );
    expect(routes.filter((route) => !/^(get|put|post|delete|patch) \/\S+$/.test(route))).toEqual([]);
    expect(new Set(routes).size).toBe(routes.length);
  });

  it('has below /countersign/v1 what is ours, and below /v2 what is in the words of ZITADEL', () => {
    const misplaced = methods.filter((method) => {
      const prefix = method.parent.typeName.startsWith('countersign.v1.') ? '/countersign/v1/' : '/v2/';
      return !routeOf(method).includes(` ${prefix}`);
    });
    expect(misplaced.map(nameOf)).toEqual([]);
  });

  it('has the fields that its path binds', () => {
    const unbound = methods.flatMap((method) =>
      [...routeOf(method).matchAll(/\{(\w+)\}/g)]
        .filter(
          ([, bound]) =>
            !method.input.fields.some(({ name, fieldKind }) => name === bound && fieldKind === 'scalar'),
        )
        .map(([bound]) => `${nameOf(method)}: ${bound}`),
    );
    expect(unbound).toEqual([]);
  });

  it('names the user first, where it is ours and names one', () => {
    const inputs = countersignServices.flatMap((service) => service.methods.map(({ input }) => input));
    const later = inputs.filter(({ fields }) =>
      fields.some(({ name, number }) => name === 'user_id' && number !== 1),
    );
    expect(later.map(({ typeName }) => typeName)).toEqual([]);
  });

  it('answers what became of it first, where it is ours and changes something', () => {
    const silent = countersignServices
      .flatMap((service) => service.methods)
      .filter((method) => !routeOf(method).startsWith('get '))
      .filter(({ output: { fields } }) => {
        const first = fields.find(({ number }) => number === 1);
        return first?.name !== 'details' || first.message?.typeName !== DetailsSchema.typeName;
      });
    expect(silent.map(nameOf)).toEqual([]);
  });
});

const known = { ...refusals, ...operatorRefusals, ...pipelineRefusals };

describe('the comments of the contract', () => {
  const comments = served
    .map(({ file }) => readFileSync(join(root, `proto/${file.name}.proto`), 'utf8'))
    .map((text) => text.replaceAll(/\n *\/\/ ?/g, ' '));
  const sentences = comments.flatMap((text) =>
    [...text.matchAll(/refused as ([^.]*)\./gi)].map(([said]) => said),
  );
  const named = new Set(
    sentences.flatMap((said) => [...said.matchAll(/`([a-z-]+)`/g)].map(([, code = '']) => code)),
  );

  it('name only refusals that there are', () => {
    expect(named.size).toBeGreaterThan(50);
    expect([...named].filter((code) => !(code in known))).toEqual([]);
  });

  it('name every refusal that there is', () => {
    const unsaid = Object.keys(known).filter((code) => !(named.has(code) || ofNoCall.includes(code)));
    expect(unsaid).toEqual([]);
  });
});

describe('the detail of a refusal', () => {
  it('has a field for whatever a refusal carries', () => {
    const fields = RefusalDetailSchema.fields.map(({ localName }) => localName);
    const carried = Object.values(known).flatMap(({ carries }) => carries as readonly string[]);
    expect(carried.filter((name) => ![...fields, ...toldElsewhere].includes(name))).toEqual([]);
  });
});

describe('settings', () => {
  it('are in the contract those of the domain', () => {
    const fields = OrganizationSettingsSchema.fields.map(({ localName }) => localName);
    expect(fields.toSorted()).toEqual(Object.keys(defaultSettings).toSorted());
  });
});
