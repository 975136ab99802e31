// One round: runs are started, disturbed and taken up again while links break; then, in peace, all of it is looked at.
import { clearTimeout, setTimeout } from 'node:timers';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeBehaviour, scriptOf } from './behaviour.js';
import { checkRound } from './check.js';
import { foldersOf, killAll, removeFolders, runnerProcesses, scriptProcesses } from './machine.js';

const SIGNALS = ['SIGKILL', 'SIGKILL', 'SIGTERM', 'SIGINT', 'SIGHUP'];

/** A client is disturbed at a random moment of its life, ms. */
const LATEST_SIGNAL_MS = 9000;

/** How often the open runs are attached to in peace; one time is enough, unless the first was early. */
const ATTACHES = 3;

const SHELLS = ['#!/bin/sh', '#!/usr/bin/env bash', '#!/usr/bin/env dash'];

/** @returns the round's report: what was done, what came of it, and what of that must not be */
export async function playRound(random, hosts, project) {
  const began = Date.now();
  const round = { random, hosts, project, commands: [], runs: [] };
  hosts.harass(random.fork());
  const bytes = random.bytes(random.anySize(400_000));
  project.write('files/bytes', bytes);
  const plays = Array.from({ length: random.pick([1, 1, 2]) }, (_, index) => planPlay(round, bytes, index));
  await Promise.all(plays.map((play) => perform(round, play)));
  hosts.calm();
  const faults = await hosts.hangUp();
  await settle(round);
  const { attempts, violations } = await checkRound(round);
  clear(round);
  const kinds = plays.flatMap(({ behaviours }) => [...behaviours.values()].map(({ kind }) => kind));
  const seconds = Math.round((Date.now() - began) / 1000);
  return { commands: round.commands, faults, kinds, attempts, violations, seconds };
}

/** All choices of one run are made beforehand, so that they do not depend on what happens. */
function planPlay({ random, hosts, project }, bytes, index) {
  const chosen = random.chance(0.3) ? random.sample(hosts.all, random.between(1, hosts.all.length)) : hosts.all;
  const behaviours = new Map(chosen.map(({ id }) => [id, makeBehaviour(random, bytes)]));
  const script = `script-${index}.sh`;
  project.write(script, scriptOf(behaviours, random.pick(SHELLS)));
  const options = [
    ...random.pick([[], [], ['--cleanup']]),
    ...random.pick([[], [], [], ['--on-disconnect', 'kill'], ['--on-disconnect', 'kill'], ['--detach']]),
    ...random.pick([[], [], [], ['--exclusive']]),
    ...random.pick([[], ['-f', '4']]),
    ...random.pick([[], ['--retries', '5'], ['--retries', '0']]),
  ];
  const env = random.pick([{}, { SPOT_SSH_TRANSFER: 'stream' }, { SPOT_SSH_TRANSFER: 'sftp' }]);
  const limit = chosen === hosts.all ? [] : ['-l', chosen.map(({ id }) => id).join(',')];
  const first = { args: ['upload-script', `./${script}`, '-y', ...limit, ...options], env, ...planSignal(random) };
  const ids = chosen.map(({ id }) => id);
  return { first, later: Array.from({ length: random.between(0, 3) }, () => planLater(random, ids)), behaviours };
}

/** Another client that comes to the same run: while the one before it is there, or after it. */
function planLater(random, ids) {
  const args = random.pick([['attach'], ['attach'], ['stop'], ['stop', ...random.sample(ids, 3)]]);
  return { args, afterMs: random.between(0, LATEST_SIGNAL_MS), ...planSignal(random) };
}

function planSignal(random) {
  return random.chance(0.8)
    ? { signal: random.pick(SIGNALS), signalAfterMs: planMoment(random) }
    : { signal: null, signalAfterMs: 0 };
}

/** Often in the first second, in which an attempt goes through most of its steps. */
function planMoment(random) {
  return random.chance(0.5) ? random.between(200, 1500) : random.between(200, LATEST_SIGNAL_MS);
}

async function perform(round, { first, later, behaviours }) {
  const client = begin(round, first);
  const clients = [client.ended];
  for (const { args, ...plan } of later) {
    await Promise.race([sleep(plan.afterMs), client.ended.then(() => sleep(plan.afterMs / 4))]);
    const runId = round.project.runOf(client.pid);
    if (runId === null) continue;
    const [door, ...some] = args;
    clients.push(begin(round, { ...plan, args: [door, runId, ...some] }).ended);
  }
  await Promise.all(clients);
  const runId = round.project.runOf(client.pid);
  if (runId !== null) round.runs.push({ runId, behaviours });
}

/** Starts a client, and sends it its signal when its time has come. */
function begin({ project, commands }, { args, env, signal, signalAfterMs }) {
  const client = project.start(args, env);
  const command = { args, pid: client.pid, sent: null, end: null };
  commands.push(command);
  const timer = signal === null ? null : setTimeout(() => send(), signalAfterMs);
  const send = () => {
    command.sent = signal;
    client.kill(signal);
  };
  const ended = client.ended.then((end) => {
    if (timer !== null) clearTimeout(timer);
    command.end = end;
  });
  return { pid: client.pid, ended };
}

/** Takes up what is open, as its user would when the network is back. */
async function settle(round) {
  for (let turn = 0; turn < ATTACHES; turn += 1) {
    const open = round.project.openRuns();
    for (const runId of open) await begin(round, { args: ['attach', runId], signal: null }).ended;
    if (open.length === 0) return;
  }
}

/** So that the next round begins with a clean machine, whatever was found. */
function clear({ runs, commands }) {
  const pids = new Set(commands.map(({ pid }) => pid));
  killAll([...runnerProcesses(pids), ...scriptProcesses(new Set(runs.map(({ runId }) => runId)))]);
  removeFolders(foldersOf(pids));
}
