// Says at the end of a process how much memory it took and how long its event loop was blocked at worst:
//
//   node --import ./bench/monitor.js bin/spot.js upload-script …
//
// MONITOR_FILE names a file for it, as JSON; otherwise it goes to stderr.
import { appendFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import process from 'node:process';

/** How often the loop is looked at, ms; what it measures is late by up to this. */
const RESOLUTION_MS = 5;

const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
delay.enable();

process.once('exit', () => {
  delay.disable();
  const longestBlockMs = Math.round(Math.max(0, delay.max / 1e6 - RESOLUTION_MS));
  const peakMemoryMb = Math.round((process.resourceUsage().maxRSS * 1024) / 1e6);
  const file = process.env.MONITOR_FILE;
  if (file === undefined) console.error(`peak memory ${peakMemoryMb} MB, longest block ${longestBlockMs} ms`);
  else appendFileSync(file, `${JSON.stringify({ peakMemoryMb, longestBlockMs })}\n`);
});
