// Where the progress of the hook is kept, and how of several servers only one moves it.

/** Another server delivers from now on. Nothing was written. */
export class ClaimLost extends Error {
  override readonly name = 'ClaimLost';

  constructor() {
    super('another server delivers');
  }
}

export interface ProgressStore {
  /** Kept where nothing is kept yet, durable when it resolves. Answers what is kept then. */
  begin(text: string): Promise<string>;
  /** What is kept. Whoever claimed before writes nothing any more. */
  claim(): Promise<string>;
  /** In place of what is kept. Durable when it resolves. Throws `ClaimLost`. */
  write(text: string): Promise<void>;
  close(): Promise<void>;
}
