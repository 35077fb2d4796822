// Who calls for themselves in a benchmark, as the process that made them hands them over.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Person {
  readonly userId: string;
  /** Of its authenticator app, in base32. */
  readonly secret: string;
  /** Its own. */
  readonly token: string;
}

export interface People {
  readonly organizationId: string;
  readonly people: readonly Person[];
}

const fileIn = (directory: string) => join(directory, 'people.json');

export const writePeople = (directory: string, people: People): void =>
  writeFileSync(fileIn(directory), JSON.stringify(people), { mode: 0o600 });

export const readPeople = (directory: string): People =>
  JSON.parse(readFileSync(fileIn(directory), 'utf8')) as People;
