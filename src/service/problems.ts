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
  'payload-not-found': {
    rpc: -32020,
    http: 404,
    sentence: 'There is nothing at that path on the machine of the service.',
  },
  'payload-too-large': { rpc: -32021, http: 413, sentence: 'The script or archive has more bytes than are allowed.' },
  'path-refused': { rpc: -32022, http: 403, sentence: 'The path leads out of the folders of service.payload_roots.' },
  'payload-not-text': { rpc: -32023, http: 422, sentence: 'The script holds a NUL byte, or is not UTF-8.' },
  'payload-gone': { rpc: -32024, http: 410, sentence: 'The archive of the payload is not there any more.' },
  'payload-damaged': { rpc: -32025, http: 422, sentence: 'The archive is not what it was when it was registered.' },
  'env-needed': { rpc: -32026, http: 422, sentence: 'The payload needs environment values that were not given.' },
  'bad-remote-path': {
    rpc: -32027,
    http: 422,
    sentence: 'The remote path is not absolute or below ~/, or holds "..".',
  },
  'no-payload-roots': { rpc: -32028, http: 403, sentence: 'The service takes no payload by its path.' },
  'path-not-absolute': { rpc: -32029, http: 422, sentence: 'The path of the payload does not begin with a slash.' },
  'payload-unreadable': { rpc: -32030, http: 422, sentence: 'The service may not read the file, or its disk fails.' },
  'payload-not-a-file': { rpc: -32031, http: 422, sentence: 'A folder, a pipe, a socket or a device is at that path.' },
  'payload-empty': { rpc: -32032, http: 422, sentence: 'The script has no commands in it.' },
  'no-such-payload': { rpc: -32033, http: 404, sentence: 'No payload of that name is registered.' },
  'no-such-version': { rpc: -32034, http: 404, sentence: 'The payload has no such version.' },
  'no-active-version': { rpc: -32035, http: 409, sentence: 'No version of the payload is active.' },
  'payload-removed': { rpc: -32036, http: 409, sentence: 'The payload was removed in this very moment.' },
  'upload-unknown': { rpc: -32037, http: 404, sentence: 'No archive of that digest was uploaded, or too long ago.' },
  'upload-invalid': { rpc: -32038, http: 422, sentence: 'What was uploaded is no archive that spot has packed.' },
  'upload-broken': { rpc: -32039, http: 400, sentence: 'The upload has ended too early.' },
  // about instances
  'instance-unknown': { rpc: -32040, http: 404, sentence: 'No instance has that id or name.' },
  'instance-not-running': { rpc: -32041, http: 409, sentence: 'The instance is stopped, ends, or is not up yet.' },
  'instance-ambiguous': { rpc: -32042, http: 409, sentence: 'Several instances have that name; give the id.' },
  'instance-not-ec2': { rpc: -32043, http: 409, sentence: 'The instance was added by hand; only EC2 can end one.' },
  'instance-no-address': { rpc: -32044, http: 409, sentence: 'The instance runs, and has no address.' },
  'instance-other-tags': { rpc: -32045, http: 409, sentence: 'The instance has not the tags that aws.tags asks for.' },
  'no-instances': { rpc: -32046, http: 422, sentence: 'No instance is named.' },
  'too-many-instances': { rpc: -32047, http: 422, sentence: 'More instances than one request may name.' },
  'no-instance-taken': {
    rpc: -32048,
    http: 409,
    sentence: 'Of several instances none can be reached; details say why.',
  },
  'provider-unknown': { rpc: -32049, http: 422, sentence: 'Instances are created at aws alone.' },
  'bad-region': { rpc: -32050, http: 422, sentence: 'That is not how a region of AWS is written.' },
  'bad-size': { rpc: -32051, http: 422, sentence: 'That is not how an instance type of EC2 is written.' },
  'bad-name': { rpc: -32052, http: 422, sentence: 'An instance cannot have that name.' },
  'bad-selector': { rpc: -32053, http: 422, sentence: 'A word that chooses instances cannot be read.' },
  'no-instance-selected': { rpc: -32054, http: 409, sentence: 'The words choose no instance that runs.' },
  'selection-changed': { rpc: -32055, http: 409, sentence: 'The words choose other instances than were expected.' },
  // about what was asked for
  'deployment-unknown': { rpc: -32060, http: 404, sentence: 'There is no deployment of that id.' },
  'deployment-finished': { rpc: -32061, http: 409, sentence: 'The deployment has ended already.' },
  'task-unknown': { rpc: -32062, http: 404, sentence: 'There is no task of that id.' },
  'run-unknown': { rpc: -32063, http: 404, sentence: 'There is no run of that id.' },
  'bad-cursor': { rpc: -32064, http: 400, sentence: 'The cursor is not one that a page before has given.' },
  'bad-limit': { rpc: -32065, http: 422, sentence: 'A page has 1 to 1,000 entries.' },
  'bad-timeout': { rpc: -32066, http: 422, sentence: 'A script may run for 1 ms to 24 days.' },
  'bad-retries': { rpc: -32067, http: 422, sentence: 'There are 0 to 100 further tries.' },
  'bad-args': { rpc: -32068, http: 422, sentence: 'An argument, or a value, holds a NUL character.' },
  'bad-env-name': { rpc: -32069, http: 422, sentence: 'That cannot name an environment variable.' },
  'reserved-env-name': { rpc: -32070, http: 422, sentence: 'That environment variable is set by spot itself.' },
  contradiction: { rpc: -32071, http: 422, sentence: 'Two things are asked for that exclude each other.' },
  'digest-differs': { rpc: -32072, http: 422, sentence: 'What was uploaded has another digest than was announced.' },
  'attempt-unknown': { rpc: -32073, http: 404, sentence: 'The instance is not in that run.' },
  'output-gone': { rpc: -32074, http: 410, sentence: 'The output was pruned.' },
  'output-elsewhere': { rpc: -32075, http: 404, sentence: 'The output is on the machine of the worker alone.' },
  'range-refused': { rpc: -32076, http: 416, sentence: 'The output has no bytes at that place.' },
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
