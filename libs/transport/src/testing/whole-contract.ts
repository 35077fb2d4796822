// Every service of the contract that answers calls, found by the files that generation writes.

import { readdirSync } from 'node:fs';
import { join } from 'node:path';

import type { DescService } from '@bufbuild/protobuf';

const folder = join(import.meta.dirname, '..', '..', '..', 'contract', 'src');

export async function servicesOfContract(): Promise<readonly DescService[]> {
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => /^(zitadel|countersign)\/.*_service_pb\.js$/.test(path))
    .toSorted();
  const modules = await Promise.all(
    paths.map((path) => import(`#contract/${path}`) as Promise<Record<string, unknown>>),
  );
  return modules.flatMap((module) => Object.values(module).filter(isService));
}

function isService(value: unknown): value is DescService {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'service';
}
