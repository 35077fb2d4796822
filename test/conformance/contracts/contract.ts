// What the document of a dialect promises of each of its calls: written by hand, as answers that are compared name by name.

import { expect } from '@jest/globals';

export const text = expect.any(String);
export const count = expect.any(Number);
export const moment = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
export const uuid = expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
export const secret = expect.stringMatching(/^[A-Z2-7]{32}$/);
export const otpauth = expect.stringMatching(/^otpauth:\/\/totp\//);
export const picture = expect.stringMatching(/^data:image\/png;base64,/);
export const ten = Array.from({ length: 10 }, () => text);

/** `begun` has an app that waits for its first code, `ready` one that was confirmed by the code of the step before. */
export type Given = 'newcomer' | 'begun' | 'ready';

/** Of somebody who calls, so far. */
export interface Known {
  readonly organizationId: string;
  readonly userId: string;
  readonly token: string;
  readonly email: string;
  /** Of the app; empty where there is none, or where the dialect has no ids. */
  readonly id: string;
  readonly secret: string;
  readonly recoveryCodes: readonly string[];
  /** What the app shows, what it showed when it was confirmed, and what it never shows. */
  readonly code: string;
  readonly spentCode: string;
  readonly wrongCode: string;
}

export type Verb = 'GET' | 'POST' | 'DELETE';

export interface Expected {
  readonly status: number;
  /** As `toEqual` takes it: no name more, and none less. An empty text where there is no body. */
  readonly body: unknown;
  /** Besides those that every answer has. */
  readonly headers?: Readonly<Record<string, unknown>>;
}

export interface Answer {
  readonly when: string;
  readonly given: Given;
  readonly body?: (known: Known) => object;
  /** Whether it is asked once before. */
  readonly again?: true;
  /** Of an app that is not there. */
  readonly elsewhere?: true;
  /** By a login with the password: whether a browser asks, from a page of its own or of somebody else, or a program. */
  readonly by?: 'cookie' | 'foreign page' | 'token of the session';
  readonly is: Expected;
}

export interface Call {
  readonly verb: Verb;
  /** As /openapi.json has it. */
  readonly path: string;
  /** Nothing in it is missing or unknown; null where there is none. */
  readonly fits: ((known: Known) => Readonly<Record<string, string>>) | null;
  /** Where it takes a code: after what, and whether it may be left out. */
  readonly code?: { readonly given: Given; readonly optional?: true };
  /** Whether it needs no credential. */
  readonly open?: true;
  readonly answers: readonly Answer[];
}

export const commonRefusals = [
  'no credential',
  'a machine',
  'a field that is not known',
  'half a body',
  'a list',
  'a body over the limit',
  'another content type',
  'another method',
  'a path that is none',
  'no code',
  'what is no code',
  'a wrong code',
  'too many wrong codes',
  'too many calls',
  'an exhausted quota',
  'a policy',
] as const;

export interface Contract {
  readonly name: string;
  readonly headers: (known: Pick<Known, 'token' | 'organizationId'>) => Readonly<Record<string, string>>;
  /** Below which nothing else is. */
  readonly mount: string;
  readonly begin: string;
  readonly confirm: string;
  /** Where a call is metered that changes nothing but what was guessed. */
  readonly check: string;
  /** Whether people have a password, too. */
  readonly logsIn?: true;
  readonly begunIn: (body: never) => Pick<Known, 'id' | 'secret'>;
  /** Of the answers to both. */
  readonly codesIn: (begun: never, confirmed: never) => readonly string[];
  readonly refused: Readonly<Record<(typeof commonRefusals)[number], Expected>>;
  readonly calls: readonly Call[];
}

export const is = (status: number, body: unknown, headers: Expected['headers'] = {}): Expected => ({
  status,
  body,
  headers,
});

/** What a policy says that refuses. */
export const notice = 'Not from here';
export const noticeCode = 'not_here';

/** As people type it. */
export const typed = (code: string): string => ` ${code.slice(0, 3)} - ${code.slice(3)} `;
export const showing = ({ code }: Known) => ({ code: typed(code) });
export const showingSpent = ({ spentCode: code }: Known) => ({ code });
