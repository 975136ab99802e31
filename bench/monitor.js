// Says at the end of a process how much memory it took and how long its event loop was blocked at worst:
//
//   node --import ./bench/monitor.js bin/spot.js upload-script …
//
// MONITOR_FILE names a file for it, as JSON; otherwise it goes to stderr. A block is what a timer is late by. On a machine
// that is busy with other things the process may just not have had its turn, so the most CPU time that it used between
// two looks is said, too: the rest is waiting for a processor or for the disk.
import { appendFileSync } from 'node:fs';
import process from 'node:process';
import { setInterval } from 'node:timers';

const INTERVAL_MS = 5;

let last = { at: performance.now(), cpu: process.cpuUsage() };
let longest = { blockMs: 0, cpuMs: 0 };

setInterval(() => {
  const now = { at: performance.now(), cpu: process.cpuUsage() };
  const blockMs = now.at - last.at - INTERVAL_MS;
  const cpuMs = (now.cpu.user - last.cpu.user + now.cpu.system - last.cpu.system) / 1000;
  longest = { blockMs: Math.max(longest.blockMs, blockMs), cpuMs: Math.max(longest.cpuMs, Math.min(blockMs, cpuMs)) };
  last = now;
}, INTERVAL_MS).unref();

process.once('exit', () => {
  const figures = {
    peakMemoryMb: Math.round((process.resourceUsage().maxRSS * 1024) / 1e6),
    longestBlockMs: Math.round(longest.blockMs),
    longestCpuMs: Math.round(longest.cpuMs),
  };
  const file = process.env.MONITOR_FILE;
  if (file === undefined) console.error(sentence(figures));
  else appendFileSync(file, `${JSON.stringify(figures)}\n`);
});

function sentence({ peakMemoryMb, longestBlockMs, longestCpuMs }) {
  return `peak memory ${peakMemoryMb} MB; longest block ${longestBlockMs} ms, most CPU in one ${longestCpuMs} ms`;
}
