// What a row of the table asks with: one protocol, in an organization of its own.

import type { JsonObject } from '@bufbuild/protobuf';
import { expect } from '@jest/globals';

import type { Brings, Protocol, Told } from '#test/conformance/protocol.js';
import { codeOf, human, type Place } from '#test/conformance/world.js';

export const users = 'zitadel.user.v2.UserService';
export const factors = 'countersign.v1.FactorService';

export interface Asking {
  readonly here: Place;
  /** Somebody of an organization that the owner here has nothing to do with. */
  readonly foreigner: string;
  /** The token of who may do everything everywhere. */
  readonly administrator: string;
  readonly noSuchMethod: Protocol['noSuchMethod'];
  /** As the owner here, where no other token is brought. */
  call(path: string, request: JsonObject, brings?: Brings): Promise<Told>;
  /** As `call`; it has to be done. */
  done(path: string, request: JsonObject, brings?: Brings): Promise<JsonObject>;
  newUser(): Promise<string>;
  /** With the secret of its ready TOTP. */
  enrolled(): Promise<{ readonly userId: string; readonly secret: string; readonly spent: string }>;
}

export interface AskingOptions {
  readonly protocol: Protocol;
  readonly here: Place;
  readonly foreigner: string;
  readonly administrator: string;
}

let people = 0;

export function newHuman(organizationId: string): JsonObject {
  people += 1;
  return { organizationId, human: human(`person-${people}@example.com`) };
}

export function askingBy({ protocol, here, foreigner, administrator }: AskingOptions): Asking {
  const call: Asking['call'] = (path, request, brings = {}) =>
    protocol.call(path, request, { token: here.ownerToken, ...brings });
  const done: Asking['done'] = async (path, request, brings) => {
    const told = await call(path, request, brings);
    expect(told).toMatchObject({ status: 0, message: '', details: [] });
    return told.answer;
  };
  const newUser = async (): Promise<string> => {
    const { id } = await done(`${users}/CreateUser`, newHuman(here.organizationId));
    return String(id);
  };
  const enrolled: Asking['enrolled'] = async () => {
    const userId = await newUser();
    const secret = String((await done(`${users}/RegisterTOTP`, { userId })).secret);
    const spent = codeOf(secret);
    await done(`${users}/VerifyTOTPRegistration`, { userId, code: spent });
    return { userId, secret, spent };
  };
  return {
    here,
    foreigner,
    administrator,
    noSuchMethod: protocol.noSuchMethod,
    call,
    done,
    newUser,
    enrolled,
  };
}

/** A refusal with ZITADEL's detail, and with ours. */
export function expectRefusal(told: Told, status: number, id: string, code: string): void {
  expect(told).toEqual({
    status,
    message: expect.stringContaining(`(${id})`),
    details: expect.arrayContaining([
      {
        '@type': 'type.googleapis.com/zitadel.v1.ErrorDetail',
        id,
        message: told.message.replace(` (${id})`, ''),
      },
      expect.objectContaining({ '@type': 'type.googleapis.com/countersign.v1.RefusalDetail', code }),
    ]),
    answer: {},
    headers: expect.objectContaining({ 'x-request-id': expect.any(String) }),
  });
}

export const changed = (resourceOwner: string) =>
  expect.objectContaining({
    sequence: expect.stringMatching(/^[1-9]\d*$/),
    changeDate: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/),
    resourceOwner,
  });
