/** Bodies that are files of many megabytes. */
import type { IncomingMessage } from 'node:http';
import { errorCodes, type FastifyRequest } from 'fastify';
import { sharedFile } from '../application/shared-file.ts';

/** Reads a body as a file, into shared memory: Fastify's own parser joins its chunks in one go. */
export function fileParser(limit: number) {
  return async ({ headers }: FastifyRequest, payload: IncomingMessage): Promise<Buffer> => {
    if (Number(headers['content-length'] ?? 0) > limit) throw new errorCodes.FST_ERR_CTP_BODY_TOO_LARGE();
    return sharedFile(await chunksOf(payload, limit));
  };
}

/** A request that is too large is not read to its end, nor is its connection closed before it is answered. */
function chunksOf(payload: IncomingMessage, limit: number): Promise<Buffer[]> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const stop = () => {
      payload.off('data', onData);
      payload.off('end', onEnd);
      payload.off('error', onError);
    };
    const onData = (chunk: Buffer) => {
      size += chunk.length;
      chunks.push(chunk);
      if (size <= limit) return;
      stop();
      reject(new errorCodes.FST_ERR_CTP_BODY_TOO_LARGE());
    };
    const onEnd = () => {
      stop();
      resolve(chunks);
    };
    const onError = (error: Error) => {
      stop();
      reject(Object.assign(error, { statusCode: 400 }));
    };
    payload.on('data', onData);
    payload.on('end', onEnd);
    payload.on('error', onError);
  });
}
