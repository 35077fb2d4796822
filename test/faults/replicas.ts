// Several built servers as real processes on one EventStoreDB-compatible log, one PostgreSQL and one file of master
// keys, each in a data directory of its own; who of them makes the rows can be found out, and killed.

import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { type TestNode, TestServer } from '#event-log-eventstoredb/testing/test-server.js';
import { PostgresServer } from '#read-models/testing/postgres-server.js';
import { newMasterKeyLine } from '#secrets/master-keys.js';
import { tokenIn } from '#test/administrator-token.js';
import { endAll, type Server, startServer, temporaryDirectory, until } from '#test/e2e/server-process.js';

export interface Replica {
  readonly server: Server;
  readonly directory: string;
}

export interface Written {
  readonly id: string;
  /** Which whoever reads elsewhere brings along. */
  readonly position: string;
}

export class Replicas {
  readonly #stores: TestServer;
  readonly postgres: PostgresServer;
  readonly node: TestNode;
  readonly url: string;
  readonly masterKeyFile: string;
  readonly #directories: string[] = [];
  #token: string | null = null;

  private constructor(stores: TestServer, postgres: PostgresServer, node: TestNode, url: string) {
    this.#stores = stores;
    this.postgres = postgres;
    this.node = node;
    this.url = url;
    this.masterKeyFile = join(temporaryDirectory(), 'master.keys');
    writeFileSync(this.masterKeyFile, newMasterKeyLine('first'), { mode: 0o600 });
  }

  static async open(): Promise<Replicas> {
    const [stores, postgres] = await Promise.all([TestServer.start(), PostgresServer.start()]);
    return new Replicas(stores, postgres, await stores.node(), await postgres.createDatabase());
  }

  /** In a new data directory, or in one that another had. Not ready yet. */
  async start(directory = temporaryDirectory()): Promise<Replica> {
    this.#directories.push(directory);
    const environment = {
      COUNTERSIGN_DATA_DIR: directory,
      COUNTERSIGN_EVENT_LOG: this.node.connectionString,
      COUNTERSIGN_READ_MODELS: this.url,
      COUNTERSIGN_MASTER_KEY_FILE: this.masterKeyFile,
    };
    return { server: await startServer({ environment }), directory };
  }

  /** The one of the first start, in whichever directory it was written. */
  get adminTokens(): readonly string[] {
    const directories = this.#directories.filter((one) => readdirSync(one).includes('admin.token'));
    return [...new Set(directories)].map((one) => tokenIn(one));
  }

  async call(replica: Replica, path: string, { body = {}, position, token, method }: Call = {}) {
    this.#token ??= this.adminTokens[0] ?? null;
    return fetch(`${replica.server.url}${path}`, {
      method: method ?? 'POST',
      headers: {
        authorization: `Bearer ${token ?? this.#token}`,
        'content-type': 'application/json',
        ...(position !== undefined && { 'x-countersign-position': position }),
      },
      ...(method !== 'GET' && method !== 'DELETE' && { body: JSON.stringify(body) }),
    });
  }

  /** Of a call that is not refused; asked again where rows are not there yet, on a machine that is slow. */
  async answer(replica: Replica, path: string, call: Call = {}): Promise<Readonly<Record<string, unknown>>> {
    let response = await this.call(replica, path, call);
    let answer = (await response.json()) as Readonly<Record<string, unknown>>;
    for (let again = 0; again < againMax && JSON.stringify(answer).includes('not-yet'); again += 1) {
      response = await this.call(replica, path, call);
      answer = (await response.json()) as Readonly<Record<string, unknown>>;
    }
    if (response.ok) return answer;
    throw new Error(`${path} is answered with ${response.status} ${JSON.stringify(answer)}`);
  }

  /** Null where it was not acknowledged. */
  async addUser(replica: Replica, name: string): Promise<Written | null> {
    try {
      const answer = await this.call(replica, '/v2/users/new', { body: person(name) });
      if (answer.status !== 200) return null;
      const { id } = (await answer.json()) as { readonly id: string };
      return { id, position: answer.headers.get('x-countersign-position') ?? '' };
    } catch {
      // The one that was asked is killed.
      return null;
    }
  }

  /** That was made by the first start. */
  async organization(replica: Replica): Promise<string> {
    const { result } = await this.answer(replica, '/v2/organizations/_search');
    return (result as readonly { readonly id: string }[])[0]?.id ?? '';
  }

  /** Of all users whose address has this in it, as this one shows them. */
  async names(replica: Replica, part: string, position?: string): Promise<readonly string[]> {
    const names: string[] = [];
    for (let isMore = true; isMore; ) {
      const query = { offset: String(names.length), limit: pageMax, asc: true };
      const body = { query, queries: queriesFor(part), sortingColumn: 'USER_FIELD_NAME_CREATION_DATE' };
      await this.countKnown(replica, part, position);
      const answer = await this.answer(replica, '/v2/users', { body, ...(position && { position }) });
      const page = (answer.result ?? []) as readonly Listed[];
      names.push(...page.map(({ human }) => human.email.email.replace(/@.*/, '')));
      isMore = page.length === pageMax;
    }
    return names;
  }

  /** How many users have this in their address; null where it says that it cannot know yet. */
  async countUsers(replica: Replica, part: string, position?: string): Promise<number | null> {
    const body = { queries: queriesFor(part) };
    const answer = await this.call(replica, '/v2/users', { body, ...(position && { position }) });
    if (answer.status === 503) return null;
    if (answer.status !== 200) throw new Error(`it answered ${answer.status}`);
    const { details } = (await answer.json()) as { readonly details?: { readonly totalResult?: string } };
    return Number(details?.totalResult ?? 0);
  }

  /** As soon as it can know, on a machine that is slow, too: a wrong number is never asked for again. */
  async countKnown(replica: Replica, part: string, position?: string): Promise<number | null> {
    let count: number | null = null;
    const isKnown = async () => {
      count = await this.countUsers(replica, part, position);
      return count !== null;
    };
    await until(`a count of ${part}`, isKnown, replica.server);
    return count;
  }

  /** The process that makes the rows; null while nobody may. */
  async holder(): Promise<number | null> {
    const sql =
      "SELECT holder FROM read_models.leases WHERE name = 'projecting' AND until > clock_timestamp()";
    const { rows } = await this.postgres.administer(sql, this.url);
    const [row] = rows as readonly { readonly holder: string }[];
    return row === undefined ? null : Number(row.holder.split(' ').at(-1));
  }

  async isReady({ server }: Replica): Promise<boolean> {
    return (await this.readiness({ server })) === '{"status":"ready"}';
  }

  async readiness({ server }: Pick<Replica, 'server'>): Promise<string> {
    return (await fetch(`${server.url}/readyz`)).text();
  }

  async untilReady(replica: Replica): Promise<void> {
    await until('readiness', () => this.isReady(replica), replica.server);
  }

  async close(): Promise<void> {
    await endAll();
    await Promise.all([this.#stores.stop(), this.postgres.close()]);
  }
}

interface Listed {
  readonly human: { readonly email: { readonly email: string } };
}

const pageMax = 1_000;
/** Each is refused after a second. */
const againMax = 20;
const queriesFor = (part: string) => [
  { emailQuery: { emailAddress: part, method: 'TEXT_QUERY_METHOD_CONTAINS_IGNORE_CASE' } },
];

interface Call {
  readonly body?: object;
  readonly position?: string;
  /** The administrator's when left out. */
  readonly token?: string;
  readonly method?: 'GET' | 'PATCH' | 'DELETE';
}

export const person = (name: string) => ({
  human: {
    profile: { givenName: name, familyName: 'Lovelace' },
    email: { email: `${name}@example.com`, isVerified: true },
  },
});
