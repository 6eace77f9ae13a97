/** The worker process: takes trials from the queue and trains them in threads until it is stopped. */
import { messageOf } from '../src/errors.ts';
import { serve } from '../src/serve.ts';

try {
  await serve('worker');
} catch (error) {
  console.error(messageOf(error));
  process.exitCode = 1;
}
