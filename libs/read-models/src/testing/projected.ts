// A house with two organizations whose log is followed into a store.

import type { House } from '#application/testing/house.js';
import { openInhabited } from '#application/testing/people.js';
import type { Row } from '#read-models/projection.js';
import { type Following, type FollowOptions, follow } from '#read-models/testing/following.js';

export interface ProjectedHouse extends Following {
  readonly house: House;
  /** What only operators are told. */
  readonly troubles: readonly string[];
  /** All rows of a table. */
  rowsOf(projection: string, table: string): Promise<readonly Row[]>;
}

export async function openProjected(openStore?: FollowOptions['openStore']): Promise<ProjectedHouse> {
  const troubles: string[] = [];
  const house = await openInhabited();
  const following = await follow(house.application, {
    onTrouble: (text) => troubles.push(text),
    ...(openStore !== undefined && { openStore }),
  });
  return {
    ...following,
    house,
    troubles,
    rowsOf: (projection, table) =>
      following.ask(({ reading: { db, tableOf } }) =>
        db.selectFrom(tableOf(projection, table)).selectAll().execute(),
      ),
    close: async () => {
      await following.close();
      await house.close();
    },
  };
}
