export type PolicyEvent =
  /** Whether there was one of this name before or not. */
  | { readonly type: 'org.policy.set'; readonly name: string; readonly text: string }
  | { readonly type: 'org.policy.removed'; readonly name: string };
