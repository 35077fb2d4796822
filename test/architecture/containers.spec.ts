import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from '@jest/globals';

import { settingEntries } from '#server/settings.js';

const root = join(import.meta.dirname, '..', '..');
const compose = readFileSync(join(root, 'docker-compose.yml'), 'utf8');
const dockerfile = readFileSync(join(root, 'Dockerfile'), 'utf8');

const hasClient = spawnSync('docker', ['compose', 'version']).status === 0;
const gap = hasClient ? '' : ' [gap: there is no `docker compose` here to ask]';

/** From `  name:` to the next one. */
const services = compose
  .slice(compose.indexOf('services:'), compose.indexOf('\nvolumes:'))
  .split(/^ {2}(?=\w+:$)/m)
  .slice(1);

describe('docker-compose.yml', () => {
  (hasClient ? it : it.skip)(`is valid for docker compose${gap}`, () => {
    const { status, stderr } = spawnSync('docker', ['compose', 'config', '--quiet'], {
      cwd: root,
      encoding: 'utf8',
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });

  it('runs the service, EventStoreDB and PostgreSQL', () => {
    expect(services.map((service) => service.split(':')[0])).toEqual([
      'countersign',
      'eventstoredb',
      'postgresql',
    ]);
    expect(compose).toContain('image: eventstore/eventstore:24.10');
    expect(compose).toContain('image: postgres:18');
  });

  it('opens ports on loopback only', () => {
    const ports = [...compose.matchAll(/ports: \[(.*)\]/g)].flatMap(([, list = '']) => list.split(', '));
    expect(ports).toHaveLength(services.length);
    expect(ports.filter((port) => !/^'127\.0\.0\.1:\d+:\d+'$/.test(port))).toEqual([]);
  });

  it('asks each for its health', () => {
    const [service = '', ...engines] = services;
    expect(engines.filter((engine) => !engine.includes('healthcheck:'))).toEqual([]);
    expect(service).toContain('build: .');
    expect(dockerfile).toMatch(/^HEALTHCHECK /m);
  });

  it('gives the service a file system that it cannot write', () => {
    expect(services[0]).toContain('read_only: true');
  });
});

describe('the Dockerfile', () => {
  it('gives V8 the same room for young objects, and the same help, as `npm start` and `npm run bench`', () => {
    const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    const [, room, help] = /node (--min-semi-space-size=\d+) (--v8-pool-size=\d+) /.exec(scripts.start) ?? [];
    expect([room, help]).not.toContain(undefined);
    expect(dockerfile).toContain(`"${room}", "${help}"`);
    expect(scripts.bench).toContain(`node ${room} ${help} `);
  });

  it('runs as somebody who is not root, on Node 24', () => {
    const lastStage = dockerfile.slice(dockerfile.lastIndexOf('FROM '));
    expect(lastStage).toMatch(/^FROM node:24-slim\n/);
    expect(lastStage).toMatch(/^USER node$/m);
  });
});

describe('both', () => {
  it('name only settings that exist', () => {
    const named = `${compose}${dockerfile}`.match(/COUNTERSIGN_\w+/g) ?? [];
    const known = settingEntries.map(([, { name }]) => name);
    expect(named.length).toBeGreaterThan(3);
    expect(named.filter((name) => !known.includes(name))).toEqual([]);
  });
});

describe('nest-cli.json', () => {
  it('declares the rooms that are there, and no others', () => {
    const { projects } = JSON.parse(readFileSync(join(root, 'nest-cli.json'), 'utf8')) as {
      projects: Record<string, { type: string; root: string; entryFile: string; sourceRoot: string }>;
    };
    const { stdout } = spawnSync('git', ['ls-files', '-co', '--exclude-standard', 'apps', 'libs'], {
      cwd: root,
      encoding: 'utf8',
    });
    const rooms = new Set(stdout.match(/^(apps|libs)\/[^/]+/gm));
    expect(new Set(Object.values(projects).map((project) => project.root))).toEqual(rooms);
    // What is generated from the protos is JavaScript.
    const isThere = (path: string) => existsSync(`${path}.ts`) || existsSync(`${path}.js`);
    for (const { sourceRoot, entryFile } of Object.values(projects)) {
      expect([entryFile, isThere(join(root, sourceRoot, entryFile))]).toEqual([entryFile, true]);
    }
  });
});
