// The descriptors that our calls are generated with, and those of the package that ZITADEL publishes.

import { readdirSync } from 'node:fs';
import { join } from 'node:path';

import type { DescFile } from '@bufbuild/protobuf';

const root = join(import.meta.dirname, '..');

/** Every file of proto/. */
export const ourFiles = await filesOf('libs/contract/src', (path) => import(`#contract/${path}`));

/** Those that speak of the second version of ZITADEL's interface. */
export const publishedFiles = await filesOf('node_modules/@zitadel/proto/es/zitadel', (path) =>
  /\/v2\/|^(message|object)_pb/.test(path) ? import(`@zitadel/proto/zitadel/${path}`) : Promise.resolve({}),
);

async function filesOf(
  folder: string,
  load: (path: string) => Promise<Readonly<Record<string, unknown>>>,
): Promise<readonly DescFile[]> {
  const paths = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => path.endsWith('_pb.js'))
    .toSorted();
  const modules = await Promise.all(paths.map(load));
  return modules.flatMap((module) => Object.values(module).filter(isFile));
}

function isFile(value: unknown): value is DescFile {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'file';
}
