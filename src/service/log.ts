/**
 * What the service says of itself, for whoever looks after it. Fields are names, ids, counts and codes: never the content
 * of a script or file, an environment value, or a token.
 */
export interface ServiceLog {
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  /** @param fields `error` may be anything that was thrown */
  error(message: string, fields?: LogFields): void;
}

export type LogFields = Readonly<Record<string, unknown>>;
