import { OWNER } from './region.ts';

/** What happens to a request instead of an answer, or before it. */
export interface Fault {
  /** EC2's code: the answer is this error */
  readonly code?: string;
  readonly message?: string;
  /** HTTP status of the error, 400 by default, 503 for throttling */
  readonly status?: number;
  /** waits first, ms */
  readonly delayMs?: number;
  /** no answer: the connection is closed, `before` or `after` the action was carried out */
  readonly closes?: 'before' | 'after';
}

/** Which requests a fault meets. What is left out is any. */
export interface FaultRule extends Fault {
  readonly action?: string;
  readonly region?: string;
  readonly accessKeyId?: string;
  /** how often; for ever by default */
  readonly times?: number;
}

export interface Asked {
  readonly action: string;
  readonly region: string;
  readonly accessKeyId: string;
}

/** Access keys with a meaning; every other one may do everything. */
export const ACCESS_KEYS = {
  good: 'AKIATEST000000000000',
  unknown: 'AKIATESTUNKNOWN00000',
  expired: 'ASIATESTEXPIRED00000',
  denied: 'AKIATESTDENIED000000',
} as const;

export const THROTTLED: Fault = { code: 'RequestLimitExceeded', message: 'Request limit exceeded.', status: 503 };

/** The faults that are still to come. */
export class Faults {
  readonly #rules: { rule: FaultRule; left: number }[] = [];

  add(rule: FaultRule): void {
    this.#rules.push({ rule, left: rule.times ?? Infinity });
  }

  /** Takes what meets a request: the first rule that fits, else what its access key stands for. */
  take(asked: Asked): Fault | null {
    const met = this.#rules.find(({ rule, left }) => left > 0 && fits(rule, asked));
    if (met === undefined) return faultOfKey(asked);
    met.left -= 1;
    return met.rule;
  }
}

function fits(rule: FaultRule, asked: Asked): boolean {
  const names = ['action', 'region', 'accessKeyId'] as const;
  return names.every((name) => rule[name] === undefined || rule[name] === asked[name]);
}

function faultOfKey({ accessKeyId, action, region }: Asked): Fault | null {
  switch (accessKeyId) {
    case ACCESS_KEYS.unknown:
      return {
        code: 'AuthFailure',
        message: 'AWS was not able to validate the provided access credentials',
        status: 401,
      };
    case ACCESS_KEYS.expired:
      return { code: 'RequestExpired', message: 'Request has expired.', status: 400 };
    case ACCESS_KEYS.denied:
      return denied(action, region);
    default:
      return null;
  }
}

/** Rights are missing; Describe… has no resource that could be named. */
export function denied(action: string, region: string): Fault {
  const resource = action.startsWith('Describe') ? '' : ` on resource: arn:aws:ec2:${region}:${OWNER}:instance/*`;
  const message =
    `You are not authorized to perform this operation. User: arn:aws:iam::${OWNER}:user/tester is not authorized to ` +
    `perform: ec2:${action}${resource} because no identity-based policy allows the ec2:${action} action.`;
  return { code: 'UnauthorizedOperation', message, status: 403 };
}
