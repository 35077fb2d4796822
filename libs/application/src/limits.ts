// What may be sent with a command. Each is far above what people have, and keeps an event within its limit.

/** A code with spaces between its digits, or a recovery code with dashes, pasted with some blanks around it. */
export const codeCharactersMax = 64;
/** Of a device or a token, as a person reads it in a list. */
export const nameCharactersMax = 100;
/** What a code was given for: a sentence. */
export const purposeCharactersMax = 500;
/** For whom a proof is: a URL, or a name that both sides have agreed on. */
export const audienceCharactersMax = 200;
/** Why an administrator reset something: a sentence, or the number of a ticket. */
export const reasonCharactersMax = 500;
/** RFC 5321 section 4.5.3.1: 64 for the part before the sign, 255 for the domain. */
export const emailCharactersMax = 320;
/** E.164 has 15 digits; people write them with spaces. */
export const phoneCharactersMax = 40;
/** A login name may be an address. */
export const usernameCharactersMax = 320;
/** A field of a person's profile. */
export const profileCharactersMax = 200;
export const organizationNameCharactersMax = 200;
/** 64 bytes in base32, in groups of four. */
export const seedCharactersMax = 160;
/** More than there are, so that an unknown one is told apart from too many. */
export const rolesMax = 20;
export const roleCharactersMax = 100;
/** Of metadata, as ZITADEL has it. */
export const metadataKeyCharactersMax = 200;
/** Some settings of a person, not a document: all values of all keys are at hand with their user. */
export const metadataValueBytesMax = 4_096;
/** What a machine is for: some sentences. */
export const descriptionCharactersMax = 500;
/** Of a session's metadata: what a login page notes down, sealed as one text. */
export const sessionMetadataMax = 20;
export const sessionMetadataValueBytesMax = 2_048;
/** What a browser or app is told apart by: a hash, or some of its own making. */
export const fingerprintCharactersMax = 200;
/** An IPv6 address with a zone. */
export const ipCharactersMax = 100;
/** What a browser says of itself, cut off by none that is honest. */
export const userAgentCharactersMax = 500;
/** Headers that came with a request, all their names and values together. */
export const headersCharactersMax = 4_096;
/** As it is typed: 200 characters after normalization may be more before, and two units each. */
export const passwordUnitsMax = 800;
