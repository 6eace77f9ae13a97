/** The compute thread of the build. With the result of a whole trial it tells how many message ports it holds; counting takes its time. */
import { queryObjects } from 'node:v8';
import { MessagePort } from 'node:worker_threads';
import computeThread from '../../dist/service/compute-thread.js';

export default function countingThread(request) {
  const { port, runs } = request;
  const post = port.postMessage.bind(port);
  const counted = (report) => {
    if (report.end === undefined || runs[report.run].only !== undefined) return report;
    return { ...report, end: { ...report.end, ports: queryObjects(MessagePort, { format: 'count' }) } };
  };
  port.postMessage = (reports) => post(reports.map(counted));
  return computeThread(request);
}
