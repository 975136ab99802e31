// What all rounds of a soak come to.

/** Counts of what happened, by kind. */
export class Tally {
  rounds = 0;
  violations = 0;
  #counts = { commands: {}, signals: {}, faults: {}, behaviours: {}, outcomes: {} };

  /** @param {Awaited<ReturnType<typeof import('./round.js').playRound>>} report */
  add({ commands, faults, kinds, attempts, violations }) {
    this.rounds += 1;
    this.violations += violations.length;
    const count = (group, name, times = 1) => {
      this.#counts[group][name] = (this.#counts[group][name] ?? 0) + times;
    };
    for (const { args, sent } of commands) {
      count('commands', args[0]);
      if (sent !== null) count('signals', sent);
    }
    for (const [kind, times] of Object.entries(faults)) count('faults', kind, times);
    for (const kind of kinds) count('behaviours', kind);
    for (const { outcome } of attempts) count('outcomes', outcome);
  }

  print() {
    console.log(`\n${this.rounds} rounds, ${this.violations} violations`);
    for (const [group, counts] of Object.entries(this.#counts)) {
      const sorted = Object.entries(counts).toSorted(([, a], [, b]) => b - a);
      const total = sorted.reduce((sum, [, times]) => sum + times, 0);
      console.log(`${group}: ${total} (${sorted.map(([name, times]) => `${name} ${times}`).join(', ')})`);
    }
  }
}
