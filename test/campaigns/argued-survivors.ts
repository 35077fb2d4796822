// Changes that no spec notices, each with the reason why none can.

export interface ArguedSurvivor {
  readonly file: string;
  /** As it stands there, and changed; one space for any white space. */
  readonly line: string;
  readonly becomes: string;
  readonly because: string;
}

export const arguedSurvivors: readonly ArguedSurvivor[] = [];
