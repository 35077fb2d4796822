// /.well-known/jwks.json: what proofs are verified by (RFC 7517 section 5), for everybody, as the log has it. It does not ask
// whether the process is ready: whoever verifies would refuse users whom nothing is wrong with.

import { createHash } from 'node:crypto';

import type { FastifyInstance, FastifyReply } from 'fastify';

import { publishedSecondsMax } from '#domain/signing-keys/state.js';
import { EventLogError } from '#event-log/errors.js';
import { describeError } from '#server/describe-error.js';
import type { Log } from '#server/log.js';
import { refusalBody } from '#server/refusals.js';

export const keySetPath = '/.well-known/jwks.json';

/** The public parts, as they are published; null before the log was read. */
export type PublicKeys = () => Promise<readonly string[] | null>;

export function registerKeySet(server: FastifyInstance, publicKeys: PublicKeys, log: Log): void {
  server.get(keySetPath, async (request, reply) => {
    const keys = await readKeys(publicKeys, log);
    if (keys === null) return reply.code(503).send(refusalBody(503));
    const text = `{"keys":[${keys.join(',')}]}`;
    const tag = `"${createHash('sha256').update(text).digest('base64url')}"`;
    reply.headers({ 'cache-control': keptFor(keys), etag: tag });
    if (isKnown(request.headers['if-none-match'], tag)) return reply.code(304).send();
    return sendText(reply, text);
  });
}

async function readKeys(publicKeys: PublicKeys, log: Log): Promise<readonly string[] | null> {
  try {
    return await publicKeys();
  } catch (error) {
    if (!(error instanceof EventLogError))
      log.error({ error: describeError(error) }, 'the keys that proofs are verified by could not be told');
    return null;
  }
}

/** The first key signs as soon as it is there: nobody may keep that there is none. */
const keptFor = ({ length }: readonly string[]): string =>
  length === 0 ? 'no-store' : `public, max-age=${publishedSecondsMax}`;

/** RFC 9110 section 13.1.2: a list, compared weakly. */
const isKnown = (known: string | undefined, tag: string): boolean =>
  known?.split(',').some((one) => one.trim() === '*' || one.trim().replace(/^W\//, '') === tag) ?? false;

const sendText = (reply: FastifyReply, text: string) =>
  reply.header('content-type', 'application/json; charset=utf-8').send(text);
