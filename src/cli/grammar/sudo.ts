import { type Command, Option } from 'commander';

const FLAG = '--sudo';

/** `--sudo` with or without a user, and how sudo gets its password. */
export function withSudo(command: Command): Command {
  const words = 'run the script by sudo: as root, or with --sudo=postgres as that user';
  return command
    .addOption(new Option(`${FLAG} [user]`, words).argParser((word) => (word === '' ? true : word)))
    .option('-K, --ask-sudo-password', 'ask once for the password that sudo wants there; or set SPOT_SUDO_PASSWORD');
}

/** The words of a command line in which no script is taken for the user of `--sudo ./deploy.sh`: a user stands behind `=`. */
export function settleSudo(argv: readonly string[]): string[] {
  const end = argv.includes('--') ? argv.indexOf('--') : argv.length;
  return argv.map((word, index) => (word === FLAG && index < end ? `${FLAG}=` : word));
}
