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
  /** The organization lets in nobody without a second factor. */
  readonly isRequired: boolean;
  /** After so many calls the user is shut out, and let in again before the next; null where nobody does that. */
  readonly shutOut: { readonly how: ShutOut; readonly afterCalls: number } | null;
}

const shutOuts = ['locked', 'deactivated'] as const;
export type ShutOut = (typeof shutOuts)[number];

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

const usual = { wrong: null, isRequired: false, shutOut: null } as const;

/** After each call of those that in the end would let somebody in. */
function shutOutsOf(steps: readonly Step[]): readonly Order['shutOut'][] {
  if (steps.flat().length < items.length) return [];
  return steps.map((_, index) => ({
    how: shutOuts[index % shutOuts.length] as ShutOut,
    afterCalls: index + 1,
  }));
}

export const orders: readonly Order[] = stepsOf(items).flatMap((steps) =>
  keeps.flatMap((kept) => [
    { ...usual, steps, keeps: kept },
    ...(['password', 'factor'] as const)
      .filter((item) => steps.flat().includes(item))
      .map((wrong) => ({ ...usual, steps, keeps: kept, wrong })),
    { ...usual, steps, keeps: kept, isRequired: true },
    ...(kept === 'an app' ? shutOutsOf(steps) : []).map((shutOut) => ({
      ...usual,
      steps,
      keeps: kept,
      shutOut,
    })),
  ]),
);

export const nameOf = ({ steps, keeps: kept, wrong, isRequired, shutOut }: Order): string => {
  const shown = steps.map((step) => step.join(' with ')).join(', then ');
  return [
    `who has ${kept} shows ${shown}`,
    ...(wrong === null ? [] : [`the ${wrong} is wrong`]),
    ...(isRequired ? ['a second factor is required'] : []),
    ...(shutOut === null ? [] : [`${shutOut.how} for a moment after call ${shutOut.afterCalls}`]),
  ].join('; ');
};

export interface Shown {
  readonly user: boolean;
  readonly password: boolean;
  readonly factor: boolean;
  /** The user was shut out since; what was shown counts no more, nor does what is shown to this session. */
  readonly isOver: boolean;
}

export const nothingShown: Shown = { user: false, password: false, factor: false, isOver: false };

/** Null where the call has to be refused, and nothing of it counts. */
export function after(shown: Shown, step: Step, { keeps: kept, wrong }: Order): Shown | null {
  const isNamed = shown.user || step.includes('user');
  if (!isNamed || shown.isOver) return null;
  if (wrong !== null && step.includes(wrong)) return null;
  if (step.includes('factor') && kept === 'nothing') return null;
  return {
    ...shown,
    user: true,
    password: shown.password || step.includes('password'),
    factor: shown.factor || step.includes('factor'),
  };
}

/** A session that names nobody yet does not end with anybody. */
export const afterShutOut = (shown: Shown): Shown => ({ ...shown, isOver: shown.user });

/** Whether whoever has shown this is let in. */
export const letsIn = (
  { user, password, factor, isOver }: Shown,
  { keeps: kept, isRequired }: Pick<Order, 'keeps' | 'isRequired'>,
): boolean => user && password && !isOver && (factor || (kept === 'nothing' && !isRequired));

/** Whether whoever has shown this may enrol the first factor, and do nothing else. */
export const letsEnrol = ({ user, password }: Shown, { keeps: kept, isRequired }: Order): boolean =>
  user && password && kept === 'nothing' && isRequired;
