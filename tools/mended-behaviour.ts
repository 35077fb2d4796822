// Where an answer is meant to differ from ZITADEL's, and why. What its clients send and read stays the same.

export interface Mended {
  readonly where: string;
  readonly theirs: string;
  readonly ours: string;
}

export const mended: readonly Mended[] = [
  {
    where: 'A TOTP code that was accepted',
    theirs: 'is accepted again for as long as it is shown, at enrolment and after it.',
    ours: 'Accepted once, decided by the append itself; the second time it is `code-already-used`, with the same status as a wrong one.',
  },
  {
    where: 'Two codes at the same moment',
    theirs:
      'Both checks may pass, of a TOTP code and of a recovery code: nothing stands between reading and writing.',
    ours: 'One of them passes: each append names the revision that it was decided on.',
  },
  {
    where: 'A wrong first code',
    theirs: 'leaves no trace: a registration may be guessed at without end.',
    ours: 'Counted, like every other guess, in the append that refuses it.',
  },
  {
    where: 'Too many wrong codes',
    theirs:
      'Off by default; when on, each factor counts for itself, the user is locked, and nothing but an administrator unlocks it.',
    ours: 'On by default, one budget over all factors: first a delay that passes by itself, and in the end the device is disabled, never the user locked. Refused as RESOURCE_EXHAUSTED with the time of the next attempt.',
  },
  {
    where: 'A delay after wrong codes',
    theirs: 'The call sleeps inside the service for up to ten seconds.',
    ours: 'Refused at once, and told when to come back.',
  },
  {
    where: 'How far a clock may be off',
    theirs: 'One step either way: up to three codes are valid at a time.',
    ours: 'The present step and the one before; an organization may choose otherwise within one step either way.',
  },
  {
    where: 'A locked or inactive user',
    theirs: 'may register and confirm a TOTP; a session finds out about the lock after it compared the code.',
    ours: 'Refused before anything is compared: `user-locked`, `user-inactive`.',
  },
  {
    where: 'A user that there is not',
    theirs: 'NOT_FOUND in some calls, FAILED_PRECONDITION in others.',
    ours: 'NOT_FOUND in every call, with the id that this call has for it.',
  },
  {
    where: 'A user of a foreign organization',
    theirs:
      'Removing and locking look for the user before they look for the permission, which tells who exists.',
    ours: 'NOT_FOUND alike, whether there is such a user or not.',
  },
  {
    where: 'A caller without any role',
    theirs: '`AUTHZ-cdgFk`, "membership not found", which is a text of its own.',
    ours: 'NOT_FOUND, with the words that are said of anything that is not there.',
  },
  {
    where: 'One id for two conditions',
    theirs: '`COMMAND-3Mif9s` is "does not exist" and "is not ready", `COMMAND-8N9ds` has two codes.',
    ours: 'An id says one thing. What ZITADEL has no id for has one that begins with `CSIGN-`, and the code of docs/errors.md comes with every refusal.',
  },
  {
    where: 'Confirming a TOTP that is ready',
    theirs: 'FAILED_PRECONDITION, with a key in place of a text.',
    ours: 'ALREADY_EXISTS, as RegisterTOTP says of it, with a text and the id `COMMAND-qx4ls`.',
  },
  {
    where: 'GenerateRecoveryCodes',
    theirs: 'adds to the codes there are, until a maximum, which can be exceeded.',
    ours: 'Replaces them: the sheet of paper that was printed last is the one that counts.',
  },
  {
    where: 'Details of GenerateRecoveryCodes and RemoveRecoveryCodes',
    theirs: 'Of the state before the call.',
    ours: 'Of the change that the call made.',
  },
  {
    where: 'The last recovery code',
    theirs: 'is spent, and the method stays listed.',
    ours: 'Listed while there is a code that could be used.',
  },
  {
    where: 'A recovery code as people type it',
    theirs: 'has to match to the dash and to the capital.',
    ours: 'Dashes, blanks and capitals do not matter.',
  },
  {
    where: 'The hashes of recovery codes',
    theirs: 'One after the other is tried, at the cost of a password each.',
    ours: 'A part of the code says which hash is meant: a guess costs one, and so does a guess at nothing.',
  },
  {
    where: 'Removing an own factor',
    theirs: 'The access token is enough.',
    ours: 'A user who removes its own brings a proof: in a field of FactorService, or in `x-countersign-code` or `x-countersign-recovery-code`; RemoveTOTP without one is `proof-required`. Who administers users may, without.',
  },
  {
    where: 'Adding and removing own factors, codes and tokens, and changing the own password',
    theirs: 'The access token or session is enough.',
    ours: 'A session needs a factor of the last ten minutes, or a code in a header, else `step-up-required`; an access token the scope `factors.write` or `all`, else `scope-required` ([how to go on](sessions-that-call.md)).',
  },
  {
    where: 'A session as an API token',
    theirs: 'It may do what its user may.',
    ours: "It has none of its user's roles.",
  },
  {
    where: 'Several TOTP devices',
    theirs: 'One a user.',
    ours: 'Several, with names. The calls of ZITADEL make, confirm and remove only the one without a name, which is how they make theirs (of several, the first that is ready, else the first); RegisterTOTP is ALREADY_EXISTS while that one is ready. What a user can prove itself by is listed of all devices alike.',
  },
  {
    where: 'Messages to people',
    theirs: 'A code for an address or a number is sent to it, also where nothing is said of its proof.',
    ours: 'Neither is sent: `send_code` is refused by its name, `return_code` of an address is answered to the caller. Where nothing is said, the address is kept and not verified. Of a number nothing is proved: asking for it is refused.',
  },
  {
    where: 'What is set and not built',
    theirs: 'Links to identity providers, and JWT for access tokens.',
    ours: 'INVALID_ARGUMENT that names the field: nothing that was set is dropped in silence.',
  },
  {
    where: 'What users change of themselves',
    theirs: 'Their address too, where a mail proves it.',
    ours: 'What they are called, and their number. Username, address and metadata are for who administers users: a code that is answered to the caller proves nothing of the caller.',
  },
  {
    where: 'Scopes of a personal access token',
    theirs: 'There are none: it may do what its user may.',
    ours: 'Those of the token that asked for it, so that none is wider than its maker.',
  },
  {
    where: 'How long a personal access token lasts',
    theirs: 'As long as is asked for, or for good.',
    ours: 'The same, but that who makes one for itself with a token that expires gets none that lasts longer.',
  },
  {
    where: 'Authenticator apps of machines',
    theirs: '`RegisterTOTP` refuses whoever is no person.',
    ours: 'People and machines alike have them, and recovery codes: what runs unattended may have to prove a second factor, too.',
  },
  {
    where: 'ListAuthenticationFactors over REST',
    theirs: 'The route takes filters from the query; those in a body are ignored in silence.',
    ours: 'From the query, too. A body with a field of the request in it is INVALID_ARGUMENT, on every route without a body: an ignored filter answers too much.',
  },
  {
    where: 'ListPersonalAccessTokens',
    theirs: 'of whomever the caller may see.',
    ours: 'Of one user, whom a `user_id_filter` has to name.',
  },
  {
    where: 'ListUsers and ListOrganizations without a role',
    theirs: 'What the caller may not read is filtered from the list.',
    ours: 'The same: a user who may read no others is listed itself, and no organization. Who reads those of the whole instance lists all organizations, or the one in `x-zitadel-orgid`.',
  },
  {
    where: 'GetLockoutSettings',
    theirs: '`max_password_attempts` and `max_otp_attempts` lock the user; 0 is never.',
    ours: 'Wrong passwords in a row after which it has to be set anew, and wrong codes that disable one device; never 0, and the user is never locked by either.',
  },
  {
    where: 'How long a session lasts',
    theirs: 'For good, where no lifetime is asked for.',
    ours: 'As long as the organization says, and never beyond its longest; a lifetime beyond that is INVALID_ARGUMENT. It is over with a lock, a deactivation or a removal of its user, and does not come back.',
  },
  {
    where: 'A repeat by an idempotency key',
    theirs: 'There are no such keys.',
    ours: 'Answered again, with `secret`, `uri`, `token`, `session_token`, `recovery_codes`, and codes for addresses and passwords left out.',
  },
  {
    where: 'ListAuthenticationMethodTypes',
    theirs: 'asks for a permission in the organization of the caller.',
    ours: 'The permission is needed in the organization of the user who is asked for.',
  },
  {
    where: 'A session that lets somebody in',
    theirs:
      'Whether a second factor is needed follows from settings, and from whether the login policy allows it; one that is set up may not be asked for.',
    ours: 'User, password and, where the user has a second factor, a TOTP or recovery code, whatever the settings say, also where the device is disabled. Looked at again with each call: older sessions of the user have to show it, too, from the enrolment on.',
  },
  {
    where: 'A second factor that is required, and not there yet',
    theirs: 'Nobody can enrol the first one by an own session.',
    ours: 'Such a session can do exactly that, and end itself.',
  },
  {
    where: 'A wrong password, no password, and nobody',
    theirs: 'Three answers, at different times.',
    ours: 'One answer, `COMMAND-3M0fs` with `failed_attempts`, one budget, and as much work, but for a hash that was brought along and not yet made anew by a login. A user that is only named, and not there, is NOT_FOUND.',
  },
  {
    where: 'Too many wrong passwords',
    theirs: 'Off by default; when on, the user is locked.',
    ours: 'On by default: first a delay, which is told, and in the end the password has to be set anew. Never is the user locked, or a second factor delayed.',
  },
  {
    where: 'A session without a user',
    theirs: 'can have metadata and a user agent.',
    ours: 'It has neither, refused by the name of the field, `session-user-missing`, until the user is checked: they are sealed under the key of that user, so that erasing the user erases them. Only who makes sessions of the whole instance makes one.',
  },
  {
    where: 'A session that there is not',
    theirs: 'Its change is not refused; NOT_FOUND when it is read, and OK when it is deleted.',
    ours: 'NOT_FOUND in every call. One that has ended can be deleted again.',
  },
  {
    where: 'Session tokens',
    theirs: 'Encrypted texts that hold ids.',
    ours: 'Opaque, and only their hashes are kept. A call that changes nothing makes none.',
  },
  {
    where: 'The code of a TOTP check in a session',
    theirs: 'Six characters, and others are a broken rule.',
    ours: 'As many as a device of the user shows, `EVENT-8isk2` otherwise.',
  },
  {
    where: 'Checks of passkeys, identity providers, and codes to addresses and numbers',
    theirs: 'Built.',
    ours: 'UNIMPLEMENTED, with the field; nothing of the call is done.',
  },
  {
    where: 'A new password',
    theirs: 'Composition rules by default, and no list of common ones.',
    ours: 'Eight characters or more, not a name of the user, none of the blocklist if there is a list, and composition only where an organization asks for it.',
  },
  {
    where: 'An own password',
    theirs: 'UpdateUser and SetPassword, by the present one or a code.',
    ours: 'SetPassword alone of the two; UpdateUser refuses it by the name of the field. Who administers users sets those of others by either.',
  },
  {
    where: 'PasswordReset',
    theirs: 'sends a mail or a message.',
    ours: '`return_code` answers the code; `send_link` hands it to the delivery hook, and is refused where there is none. Being the user is not enough to ask for it.',
  },
  {
    where: 'Right after a change',
    theirs: 'Lists may lag behind what was answered.',
    ours: 'A query waits, for a bounded time, until it has seen the last change that this process answered.',
  },
  {
    where: 'Access tokens of people',
    theirs: 'Only machines have them.',
    ours: 'Both.',
  },
  {
    where: 'Broken rules of a request',
    theirs: 'INVALID_ARGUMENT with a text of a library, and no detail.',
    ours: 'INVALID_ARGUMENT with google.rpc.BadRequest, which names every field.',
  },
  {
    where: 'Stored secrets',
    theirs: 'Encrypted without a tag, under one key for all, and readable with the events.',
    ours: 'Sealed and authenticated under a key of the user, which erasing deletes.',
  },
];
