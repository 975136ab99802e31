/**
 * What a caller of the service may be told, by the code of the `SpotError`: the number of JSON-RPC, the status of HTTP,
 * and what it means. Numbers are never changed nor given anew; docs/service-api.md has a table made of them. Whatever is
 * not in here is `internal`: it is logged, and the caller learns its request id alone.
 */
export const PROBLEMS = {
  // at the door
  'token-missing': { rpc: -32001, http: 401, sentence: 'The request shows no token.' },
  'token-refused': { rpc: -32002, http: 401, sentence: 'The token is not known, or was revoked.' },
  'too-many-requests': { rpc: -32003, http: 429, sentence: 'More requests in a second than are allowed.' },
  'request-too-large': { rpc: -32004, http: 413, sentence: 'The request has more bytes than are allowed.' },
  'request-timeout': { rpc: -32005, http: 503, sentence: 'The request was not answered in time.' },
  'host-refused': { rpc: -32006, http: 403, sentence: 'The request was sent to another host, or from a web page.' },
  'media-type-refused': { rpc: -32007, http: 415, sentence: 'The body is not of the type that is read here.' },
  'request-malformed': { rpc: -32008, http: 400, sentence: 'The request is not valid HTTP, or its body not JSON.' },
  'route-unknown': { rpc: -32009, http: 404, sentence: 'There is nothing at that method and path.' },
  stopping: { rpc: -32010, http: 503, sentence: 'The service is being stopped and takes no request.' },
  // about payloads
  'payload-not-found': { rpc: -32020, http: 404, sentence: 'There is no such file, payload or version.' },
  'payload-too-large': { rpc: -32021, http: 413, sentence: 'The script or archive has more bytes than are allowed.' },
  'path-refused': { rpc: -32022, http: 403, sentence: 'The path is not inside of service.payload_roots.' },
  'not-text': { rpc: -32023, http: 422, sentence: 'The file is not a regular, readable text file.' },
  'payload-gone': { rpc: -32024, http: 410, sentence: 'The archive of the payload is not there any more.' },
  'payload-damaged': {
    rpc: -32025,
    http: 422,
    sentence: 'The archive is not one that spot has packed, or is damaged.',
  },
  'env-missing': { rpc: -32026, http: 422, sentence: 'The payload needs environment values that were not given.' },
  'bad-remote-path': {
    rpc: -32027,
    http: 422,
    sentence: 'The remote path is not absolute or below ~/, or holds "..".',
  },
  // about instances
  'instance-unknown': { rpc: -32040, http: 404, sentence: 'No instance has that id or name.' },
  'instance-not-running': { rpc: -32041, http: 409, sentence: 'The instance is stopped, or ends.' },
  'instance-ambiguous': { rpc: -32042, http: 409, sentence: 'Several instances have that name; give the id.' },
  'instance-not-ec2': { rpc: -32043, http: 409, sentence: 'The instance was added by hand; only EC2 can end one.' },
  // about what was asked for
  'deployment-unknown': { rpc: -32060, http: 404, sentence: 'There is no deployment of that id.' },
  'deployment-finished': { rpc: -32061, http: 409, sentence: 'The deployment has ended already.' },
  'task-unknown': { rpc: -32062, http: 404, sentence: 'There is no task of that id.' },
  'run-unknown': { rpc: -32063, http: 404, sentence: 'There is no run of that id.' },
  'bad-cursor': { rpc: -32064, http: 400, sentence: 'The cursor is not one that a page before has given.' },
  // about the surroundings
  aws: { rpc: -32080, http: 502, sentence: 'EC2 refuses, or does not answer; the code (aws-…) says which.' },
  'state-busy': {
    rpc: -32081,
    http: 503,
    sentence: 'The state could not be written in time; try again.',
    onlySentence: true,
  },
} as const satisfies Readonly<Record<string, ProblemEntry>>;

export interface ProblemEntry {
  /** −32001 to −32099, each once */
  readonly rpc: number;
  /** status */
  readonly http: number;
  readonly sentence: string;
  /** the error's own message names what is not the caller's, e.g. a path of the service */
  readonly onlySentence?: true;
}

/** @param code of a `SpotError`; those of EC2 (`aws-…`) share one entry. @returns null where it is ours alone to know */
export function problemEntry(code: string): ProblemEntry | null {
  if (code.startsWith('aws-')) return PROBLEMS.aws;
  return Object.hasOwn(PROBLEMS, code) ? PROBLEMS[code as keyof typeof PROBLEMS] : null;
}
