import { openPostgresStore } from '#read-models/stores/postgres/postgres-model-store.js';
import type { PostgresServer } from '#read-models/testing/postgres-server.js';
import { openProjected, type ProjectedHouse } from '#read-models/testing/projected.js';

/** In a database of its own. */
export const openProjectedOn = (server: () => PostgresServer): Promise<ProjectedHouse> =>
  openProjected(async () => openPostgresStore({ url: await server().createDatabase() }));
