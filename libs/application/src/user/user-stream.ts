// How the stream of a user is called: a prefix, and the name that events of other streams have for the user.

const prefix = 'user-';

/** What follows the prefix in the name of the stream. */
export const nameOfUser = ({ userStream }: { readonly userStream: string }): string =>
  userStream.slice(prefix.length);

export const userStreamOf = ({ user }: { readonly user: string }): string => `${prefix}${user}`;
