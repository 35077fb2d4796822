// What rows are held against: the same questions answered from streams, as plainly as can be and however long it takes.

import type { Application } from '#application/application.js';

export interface FoldedSources {
  readonly application: Application;
}
