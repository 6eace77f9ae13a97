/** The worker process: takes trials from the queue and trains them in its threads, until it is told to stop. */
import { messageOf } from '../src/errors.ts';
import { serve } from '../src/serve.ts';

try {
  process.exitCode = await serve('worker');
} catch (error) {
  console.error(messageOf(error));
  process.exitCode = 1;
}
