// The names of things, branded so that one cannot stand where another is meant.

declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]: Name };

/** 1 to 200 characters; a UUIDv7 unless the caller brings its own. */
export type UserId = Branded<'UserId'>;
export type OrganizationId = Branded<'OrganizationId'>;
/** One authenticator app, or one hardware token, of a user. */
export type TotpId = Branded<'TotpId'>;
export type AccessTokenId = Branded<'AccessTokenId'>;
/** Always made by us: a UUID in lower case. */
export type SessionId = Branded<'SessionId'>;

/** A keyed hash of a login name: the same for spellings that mean the same, and no way back to the name. */
export type LoginKey = Branded<'LoginKey'>;

/** A keyed hash of a metadata key, of one user alone: no two users can be matched by it. */
export type MetadataKeyHash = Branded<'MetadataKeyHash'>;

/** A keyed hash of what a browser or app is told apart by: sessions of the same one are found by it. */
export type FingerprintKey = Branded<'FingerprintKey'>;

/** Encrypted under its user's data key. The domain passes it on and never looks inside. */
export type Sealed = Branded<'Sealed'>;

/** Milliseconds since 1970, UTC, by the clock of the command. */
export type Instant = number;
