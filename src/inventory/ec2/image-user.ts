/**
 * Whom images let in, by what stands in their names; the first that fits counts.
 * https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/managing-users.html
 */
const USERS: readonly (readonly [RegExp, string])[] = [
  [/bitnami/i, 'bitnami'],
  [/ubuntu/i, 'ubuntu'],
  [/debian/i, 'admin'],
  [/fedora/i, 'fedora'],
  [/rocky/i, 'rocky'],
  [/centos/i, 'centos'],
  [/alpine/i, 'alpine'],
  [/kali/i, 'kali'],
  [/amzn|al20\d\d|amazon.?linux|rhel|red.?hat|suse|sles|almalinux|freebsd|oracle.?linux|^ol\d/i, 'ec2-user'],
];

/** `ubuntu` of `ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-20250610`, or null where nothing fits. */
export function userOf(imageName: string): string | null {
  return USERS.find(([pattern]) => pattern.test(imageName))?.[1] ?? null;
}
