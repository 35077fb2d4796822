import type { Opening, Place } from '#read-models/projection.js';

/** What is sealed cannot be opened, and never will be: it is not what was sealed in this place. */
export class Unopenable extends Error {
  override readonly name = 'Unopenable';
}

export interface Opener {
  /**
   * Null where the key is gone. Throws `Unopenable`; whatever else it throws is taken for passing, and asked again.
   */
  open(place: Place, opening: Opening): Buffer | null | Promise<Buffer | null>;
}
