/** The compute thread of the build. With the result of a whole trial it tells how many message ports it holds; counting takes its time. */
import { queryObjects } from 'node:v8';
import { MessagePort } from 'node:worker_threads';
import computeThread from '../../dist/workers/compute-thread.js';

export default async function countingThread(request) {
  const end = await computeThread(request);
  return request.only === undefined ? { ...end, ports: queryObjects(MessagePort, { format: 'count' }) } : end;
}
