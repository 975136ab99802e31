/** What a config file is to say; what is null or empty is left to the defaults. */
export interface Decisions {
  readonly username: string | null;
  readonly privateKey: string | null;
  readonly publicKey: string | null;
  readonly regions: readonly string[];
  readonly profile: string | null;
  readonly stateDir: string | null;
  readonly filesDir: string | null;
}

/** The text of a config file: the keys that were decided, and hints to the others. */
export function configText(decisions: Decisions): string {
  const { username, privateKey, publicKey, regions, profile, stateDir, filesDir } = decisions;
  return `# The configuration of spot in this folder. Flags go before SPOT_* variables, these before this file.
# A line with a # in front is a hint: without it the default counts, which it shows, or what the comment says.

aws:
  # The SSH user. Without it: that of each instance (spot add user@host), that of ~/.ssh/config, then ubuntu.
  ${line('username', username, 'ubuntu')}

  # The key to log in with. Without it: the keys of the SSH agent and ~/.ssh/id_ed25519, id_ecdsa and id_rsa.
  ${line('private_ssh_key_path', privateKey, '~/.ssh/id_ed25519')}
  # Its public half, which new instances are given.
  ${line('public_ssh_key_path', publicKey, '~/.ssh/id_ed25519.pub')}

  # Where EC2 has instances; with a region or a profile they are looked up before each run.
  ${regions.length === 0 ? '# regions: [us-east-1]' : `regions: [${regions.map(scalar).join(', ')}]`}
  # The profile of ~/.aws. Without it: what the environment or the default profile says.
  ${line('profile', profile, 'staging')}

# Where the state, the payloads and the outputs are kept.
${line('state_dir', stateDir, '.spot')}

# The folder that is uploaded with each script, which finds it as $DEPLOY_FILES_DIR. Without it: ./files, if there is one.
${line('files_dir', filesDir, './files')}

# In a terminal, a run on more instances than this asks first.
# confirm_above: 10

limits:
  # Until the script has ended.
  # execution_timeout: 5m
  # Instances worked on at once.
  # concurrency: 100
`;
}

function line(key: string, value: string | null, hint: string): string {
  return value === null ? `# ${key}: ${hint}` : `${key}: ${scalar(value)}`;
}

/** Plain where YAML reads it as the same text, else in quotes. */
function scalar(text: string): string {
  const isPlain =
    /^(?:~\/|\.{1,2}\/|\/|[A-Za-z])[\w./@+-]*$/.test(text) && !/^(?:true|false|null|yes|no|on|off)$/i.test(text);
  return isPlain ? text : JSON.stringify(text);
}
