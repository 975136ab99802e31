/** What EC2 answers where it refuses: a code of its error reference, a sentence, and an HTTP status. */
export class Ec2Error extends Error {
  readonly code: string;
  readonly status: number;

  constructor(code: string, message: string, status = 400) {
    super(message);
    this.code = code;
    this.status = status;
  }
}

export function notFound(code: string, what: string, ids: readonly string[]): Ec2Error {
  const [plural, verb] = ids.length === 1 ? ['', 'does'] : ['s', 'do'];
  return new Ec2Error(code, `The ${what}${plural} '${ids.join(', ')}' ${verb} not exist`);
}

export function invalidValue(name: string, value: string, more = ''): Ec2Error {
  return new Ec2Error('InvalidParameterValue', `Value (${value}) for parameter ${name} is invalid. ${more}`.trim());
}
