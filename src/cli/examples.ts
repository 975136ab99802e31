/** What stands below the flags in `--help`. */
export const EXAMPLES = {
  spot: `
Examples:
  spot demo                                  see it work, on this machine alone
  spot add ubuntu@10.0.0.4 --name web-1      make an instance known
  spot sync                                  or all that EC2 has
  spot upload-script ./deploy.sh             run a script on all of them

Exit codes: 0 all succeeded; bits 2 failed, 4 unreachable or lost, 8 reclaimed (6 = 2 + 4);
64 wrong usage, 66 script or files, 69 no instance, 78 configuration, 130 and 143 interrupted.`,
  init: `
Examples:
  spot init                                  keys, users, AWS profiles and regions are suggested
  spot init --yes                            take what is found, e.g. in a pipeline
  spot init --yes --user ubuntu --no-aws -c ~/.config/spot/config.yaml --force

A file that is there is replaced after a question, or with --force.`,
  uploadScript: `
Examples:
  spot upload-script ./deploy.sh                          ./files goes along if it exists
  spot upload-script ./deploy.sh -- --release 1.4.2       arguments of the script
  spot upload-script ./deploy.sh -l web-*,role=db -x web-3
  spot upload-script ./deploy.sh -e TOKEN --timeout 20m   $TOKEN is passed on, never shown
  spot upload-script ./deploy.sh --serial 1,10%,100% --pause 30s --max-fail 2
  spot upload-script ./deploy.sh --inventory-file hosts.ini -l group=web     the hosts of an Ansible inventory
  spot upload-script ./deploy.sh --only-missing           who joined since, or failed
  spot upload-script ./deploy.sh --wait-ready=5m          new instances, when they have booted
  spot upload-script ./deploy.sh --sudo -K                as root; asks once for the password that sudo wants
  spot upload-script ./agent.conf.sh --copy-only --remote-path ~/bin/agent.sh
  spot upload-script ./check.sh --json | jq '.run.counts'
  spot upload-script deploy@1                             a payload that is registered; see: spot payload
  spot upload-script ./deploy.sh --via .spot/service.sock     by a service, on its instances; or --via https://…`,
  serve: `
Examples:
  spot serve                                 on a Unix socket that only you can open
  spot serve --listen 127.0.0.1:8080         on TCP, where every request needs a token
  spot serve --listen 127.0.0.1:8080 --ui    and a page to look at: http://127.0.0.1:8080/ui/
  spot serve --no-worker                     the work is done by: spot worker
  curl --unix-socket .spot/service.sock http://spot/api/v1/instances

The first signal ends it: scripts that run are left running, and the next one follows them. TLS: service.tls_certificate.`,
  ui: `
Examples:
  spot ui                                    prints an address that opens the page once
  spot ui --port 8090                        for: ssh -L 8090:127.0.0.1:8090 this-machine
  spot ui --open                             opens it in the browser

It shows what is in the state of this folder, changes nothing, and ends with Ctrl-C.`,
  tokenCreate: `
Examples:
  spot token create ci > ~/.config/spot/token
  curl -H "Authorization: Bearer $(cat ~/.config/spot/token)" http://127.0.0.1:8080/api/v1/instances`,
  token: `
Examples:
  spot token create ci > ~/.config/spot/token
  spot token list`,
  tokenList: `
Examples:
  spot token list
  spot token list --json | jq '.tokens[].name'`,
  tokenRevoke: `
Examples:
  spot token revoke ci
  spot token revoke laptop`,
  worker: `
Examples:
  spot worker                                on the state file that a service of this machine has
  spot worker --config /etc/spot/config.yaml --concurrency 20
  SPOT_DATABASE=postgres://spot@db/spot spot worker      on another machine`,
  create: `
Examples:
  spot create --count 3 --name web --payload ./setup.sh --dry-run
  spot create --count 3 --name web --tag role=web --payload ./setup.sh -- --release 1.4.2
  spot create --instance-type t3.micro --instance-type t3.small --region us-east-1 --region us-west-2
  spot create --on-demand --image amazon-linux --no-wait
  spot create --payload deploy@1 --terminate-on-failure --client-token build-4711 --json | jq '.instances[].public_ip'

They are waited for until they are ready, with a payload or without; --wait-ready 10m instead of 3m. The same command after
a crash or Ctrl-C goes on with those that are there.
Exit codes: those of the payload; 69 EC2 had not as many, or not all of them came up: the others are there.`,
  payloadAdd: `
Examples:
  spot payload add deploy ./deploy.sh                 ./files goes along if it exists
  spot payload add report report.py --interpreter python --no-files -e LEVEL=info

What is added becomes the active version; the same content is the same version. Run it with: spot upload-script deploy`,
  payload: `
Examples:
  spot payload add deploy ./deploy.sh        pack it as the next version
  spot payload list
  spot upload-script deploy                  run the active version`,
  payloadList: `
Examples:
  spot payload list
  spot payload list deploy --json | jq '.payloads[].version'`,
  payloadActivate: `
Examples:
  spot payload activate deploy@1             back to an earlier version
  spot payload activate deploy@2`,
  payloadPrune: `
Examples:
  spot payload prune                         the newest 5 versions of each name stay
  spot payload prune deploy --keep 2`,
  payloadRemove: `
Examples:
  spot payload remove deploy@2
  spot payload remove deploy --yes           all of its versions`,
  payloadShow: `
Examples:
  spot payload show deploy                   the active version
  spot payload show deploy@1`,
  payloadVerify: `
Examples:
  spot payload verify                        all versions of all payloads
  spot payload verify deploy@1

Exit codes: 0 as it should be, 66 something is damaged or missing.`,
  watch: `
Examples:
  spot watch ./deploy.sh                     who joins the fleet gets it within seconds
  spot watch ./deploy.sh -l role=web --interval 30s -- --release 1.4.2`,
  attach: `
Examples:
  spot attach                                the newest run that has not ended
  spot attach 20261121-034512-9f3a`,
  stop: `
Examples:
  spot stop last                             everywhere
  spot stop 20261121-034512-9f3a web-1       on one instance`,
  fetch: `
The pattern is matched on the instances; quotes keep it from the shell here. It begins at $DEPLOY_FILES_DIR, with ~/ at the
home, with / at the root. * ? [a-z] [!a-z] stay within a name, ** stands for any number of folders, and a folder that
matches is fetched whole.

Examples:
  spot fetch last 'out/*.csv'                into fetched/<run>/<instance>/out/
  spot fetch last '/var/log/app/**/*.log' -l web-1 --to logs
  spot fetch 20261121-034512-9f3a '~/report' --force

Exit codes: 0 all that matches is here, bits 2 nothing matched or something was refused, 4 not reached or rejected.`,
  runs: `
Examples:
  spot runs
  spot runs -n 100 --json | jq -r '.runs[].id'`,
  show: `
Examples:
  spot show last                             the newest run
  spot show 20261121-034512-9f3a web-1       one instance of a run`,
  logs: `
Examples:
  spot logs last                             all instances, each line with its instance
  spot logs last web-1 > web-1.log           one of them, byte for byte
  spot logs last --stderr --follow

Exit codes: 0 that is all of it, 2 the rest waits for spot attach, 66 pruned.`,
  rerun: `
Examples:
  spot rerun last                            where it did not succeed
  spot rerun last --unreachable --lost
  spot rerun 20261121-034512-9f3a --all --env TOKEN`,
  diff: `
Examples:
  spot diff last                             which instances said the same
  spot diff last web-3                       against what most of them said
  spot diff last web-1 web-2
  spot diff 20261121-034512-9f3a last        two runs, instance by instance

Exit codes: 0 nothing differs, 2 something does.`,
  sync: `
Examples:
  spot sync                                  all regions of the configuration, at once
  spot sync --region eu-west-1 --json | jq '.regions[].added'

Instances that EC2 does not have any more are marked terminated and stay; forget them with: spot remove state=terminated
Exit codes: 0 all is as EC2 has it, 69 EC2 does not answer, 78 wrong configuration or missing rights; of several regions
the worst.`,
  destroy: `
Examples:
  spot destroy --limit web-1,role=batch
  spot destroy --all --exclude name=db-* --dry-run
  spot destroy --all --yes                   where nobody can be asked

EC2 is looked at first, so that all is named that will go. Instances added by hand stay.
Exit codes: 0 all of them are terminated, 69 EC2 does not answer or takes too long, 78 missing rights.`,
  list: `
Examples:
  spot list
  spot list role=web az=us-east-1a
  spot list --all                            terminated instances from EC2, too`,
  export: `
Examples:
  spot export ansible > hosts.yml            a group for each tag: role_web for role=web
  spot export ssh-config > fleet.conf        and then: ssh -F fleet.conf web-1
  spot export json role=web | jq '.instances[].address'`,
  completion: `
Examples:
  source <(spot completion bash)             in ~/.bashrc; zsh: the same with zsh, in ~/.zshrc
  spot completion fish > ~/.config/fish/completions/spot.fish`,
  hostKey: `
Examples:
  spot host-key forget web-1                 its next host key is taken as its own
  spot host-key forget role=web`,
  config: `
Examples:
  spot config                                every setting
  spot config limits.concurrency             one value, for scripts
  spot config --path                         which files were looked for

Values are written as in a config file; paths are absolute, passwords masked. Of a broken configuration all is shown that
is known. Exit codes: 0 it can be used, 64 no such key, 78 it is broken.`,
  doctor: `
Examples:
  spot doctor                                this machine and every running instance
  spot doctor --local                        before there is any instance
  spot doctor web-1 --fix                    and remove what nobody will come for

✓ is well, ! works and should be known, ✗ has to be mended. A configuration, key or state that is broken is said, and the
rest looked at all the same; nothing is made. Exit codes: 78 one of these cannot be used; else 0 well, bits 2 something to
mend or left behind, 4 an instance could not be looked at.`,
  add: `
Examples:
  spot add 10.0.0.4
  spot add ubuntu@10.0.0.4:2222 --name web-1 --tag role=web
  spot add ubuntu@10.0.0.{5,6,7} --tag role=db
  spot add --inventory-file hosts.ini        the hosts of an Ansible inventory, or a plain list`,
  demo: `
Examples:
  spot demo
  spot demo --keep                           and look around with --state-dir`,
  remove: `
Examples:
  spot remove web-1
  spot remove state=terminated --yes         where nobody can be asked`,
  set: `
Examples:
  spot set web-1 --state stopped
  spot set web-1 --address 10.0.0.9 --tag role=db`,
} as const;
