// Every order in which a login can be shown what it asks for, and what of it lets a user in: a model of a few lines,
// written without a look at the code that decides.

export type Item = 'user' | 'password' | 'factor';

export const keeps = ['nothing', 'an app', 'recovery codes'] as const;

/** What second factor a person has. */
export type Keeps = (typeof keeps)[number];

/** One call: what it shows, together. */
export type Step = readonly Item[];

export interface Order {
  readonly steps: readonly Step[];
  readonly keeps: Keeps;
  /** What is shown as something else than what it is. */
  readonly wrong: Exclude<Item, 'user'> | null;
}

const items: readonly Item[] = ['user', 'password', 'factor'];

/** Every way to show some of it, call after call: each part in one of them. */
function stepsOf(left: readonly Item[]): readonly (readonly Step[])[] {
  const first = subsetsOf(left).filter((step) => step.length > 0);
  return first.flatMap((step) => {
    const rest = stepsOf(left.filter((item) => !step.includes(item)));
    return [[step], ...rest.map((steps) => [step, ...steps])];
  });
}

function subsetsOf(of: readonly Item[]): readonly Step[] {
  const [first, ...others] = of;
  if (first === undefined) return [[]];
  return subsetsOf(others).flatMap((subset) => [[first, ...subset], subset]);
}

export const orders: readonly Order[] = stepsOf(items).flatMap((steps) =>
  keeps.flatMap((kept) => [
    { steps, keeps: kept, wrong: null },
    ...(['password', 'factor'] as const)
      .filter((item) => steps.flat().includes(item))
      .map((wrong) => ({ steps, keeps: kept, wrong })),
  ]),
);

export const nameOf = ({ steps, keeps: kept, wrong }: Order): string => {
  const shown = steps.map((step) => step.join(' with ')).join(', then ');
  return `who has ${kept} shows ${shown}${wrong === null ? '' : `; the ${wrong} is wrong`}`;
};

export interface Shown {
  readonly user: boolean;
  readonly password: boolean;
  readonly factor: boolean;
}

export const nothingShown: Shown = { user: false, password: false, factor: false };

/** Null where the call has to be refused, and nothing of it counts. */
export function after(shown: Shown, step: Step, { keeps: kept, wrong }: Order): Shown | null {
  const isNamed = shown.user || step.includes('user');
  if (!isNamed) return null;
  if (wrong !== null && step.includes(wrong)) return null;
  if (step.includes('factor') && kept === 'nothing') return null;
  return {
    user: true,
    password: shown.password || step.includes('password'),
    factor: shown.factor || step.includes('factor'),
  };
}

/** Whether whoever has shown this is let in. */
export const letsIn = ({ user, password, factor }: Shown, kept: Keeps): boolean =>
  user && password && (factor || kept === 'nothing');
