/** The URL of a database without its password and its parameters, for messages. */
export function locationOf(url: string): string {
  const { username, host, pathname } = new URL(url);
  const user = username === '' ? '' : `${username}@`;
  return `postgres://${user}${host}${pathname}`;
}
