/** What stands below the flags in `--help`. */
export const EXAMPLES = {
  spot: `
Examples:
  spot demo                                  see it work, on this machine alone
  spot add ubuntu@10.0.0.4 --name web-1      make an instance known
  spot upload-script ./deploy.sh             run a script on all of them

Exit codes: 0 all succeeded; bits 2 failed, 4 unreachable or lost, 8 reclaimed (6 = 2 + 4);
64 wrong usage, 66 script or files, 69 no instance, 78 configuration, 130 and 143 interrupted.`,
  uploadScript: `
Examples:
  spot upload-script ./deploy.sh                          ./files goes along if it exists
  spot upload-script ./deploy.sh -- --release 1.4.2       arguments of the script
  spot upload-script ./deploy.sh -l web-*,role=db -x web-3
  spot upload-script ./deploy.sh -e TOKEN --timeout 20m   $TOKEN is passed on, never shown
  spot upload-script ./agent.conf.sh --copy-only --remote-path ~/bin/agent.sh
  spot upload-script ./check.sh --json | jq '.run.counts'
  spot upload-script deploy@1                             a payload that is registered; see: spot payload`,
  payloadAdd: `
Examples:
  spot payload add deploy ./deploy.sh                 ./files goes along if it exists
  spot payload add report report.py --interpreter python --no-files -e LEVEL=info

What is added becomes the active version; the same content is the same version. Run it with: spot upload-script deploy`,
  payloadShow: `
Examples:
  spot payload show deploy                   the active version
  spot payload show deploy@1`,
  payloadVerify: `
Examples:
  spot payload verify                        all versions of all payloads
  spot payload verify deploy@1

Exit codes: 0 as it should be, 66 something is damaged or missing.`,
  attach: `
Examples:
  spot attach                                the newest run that has not ended
  spot attach 20261121-034512-9f3a`,
  stop: `
Examples:
  spot stop last                             everywhere
  spot stop 20261121-034512-9f3a web-1       on one instance`,
  hostKey: `
Examples:
  spot host-key forget web-1                 its next host key is taken as its own`,
  doctor: `
Examples:
  spot doctor                                every running instance
  spot doctor web-1 --fix                    and remove what nobody will come for

Exit codes: 0 nothing left behind, bits 2 leftovers, 4 an instance could not be looked at.`,
  add: `
Examples:
  spot add 10.0.0.4
  spot add ubuntu@10.0.0.4:2222 --name web-1 --tag role=web
  spot add ubuntu@10.0.0.{5,6,7} --tag role=db`,
  set: `
Examples:
  spot set web-1 --state stopped
  spot set web-1 --address 10.0.0.9 --tag role=db`,
} as const;
