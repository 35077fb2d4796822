import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

import { describe, expect, it } from '@jest/globals';

import { refuseOldNode } from '#server/node-version.js';
import { root } from '#test/e2e/server-process.js';

/** The one that the system has, if it has an older one: an older Node is not among our packages. */
const systemNode = '/usr/bin/node';
const version = spawnSync(systemNode, ['--version'], { encoding: 'utf8' }).stdout?.trim().slice(1) ?? '';
const isOld = version !== '' && refuseOldNode(version) !== undefined;
const gap = isOld ? '' : ` [gap: there is no older Node at ${systemNode} to try it with]`;

describe('started by hand on a Node that is too old', () => {
  (isOld ? it : it.skip).each(['tools/start.js', 'tools/check.js', 'dist/apps/server/src/main.js'])(
    `%s says in one line which Node is needed and how to get it, and exits 1${gap}`,
    (script) => {
      const { status, stdout, stderr } = spawnSync(systemNode, [join(root, script)], { encoding: 'utf8' });
      expect({ status, stdout, stderr }).toEqual({
        status: 1,
        stdout: '',
        stderr: `${refuseOldNode(version)}\n`,
      });
    },
  );
});
