import documents from './documented.json' with { type: 'json' };
import { Ec2Error, invalidValue } from './error.ts';

interface DocumentedParameter {
  readonly type: string;
  readonly required?: boolean;
  readonly enum?: readonly string[];
}

interface DocumentedAction {
  readonly filters?: readonly string[];
  readonly parameters: Readonly<Record<string, DocumentedParameter>>;
}

const ACTIONS: Readonly<Record<string, DocumentedAction>> = documents.actions;

/** Of every request, not of one action. */
const COMMON = ['Action', 'Version'];

/** What a value must look like; what is not named here is any text. */
const SHAPES: Readonly<Record<string, RegExp>> = {
  boolean: /^(?:true|false)$/,
  integer: /^-?\d+$/,
  long: /^-?\d+$/,
  double: /^-?\d+(?:\.\d+)?(?:e-?\d+)?$/i,
  float: /^-?\d+(?:\.\d+)?(?:e-?\d+)?$/i,
  timestamp: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/,
  blob: /^[A-Za-z0-9+/]*={0,2}$/,
};

/**
 * Compares a request with what EC2 documents (documented.json, made by scripts/ec2-parameters.js).
 * @returns what is wrong with it, as EC2 would say it; empty where nothing is
 */
export function departures(parameters: Readonly<Record<string, string>>): Ec2Error[] {
  const name = parameters['Action'] ?? '';
  const action = ACTIONS[name];
  if (action === undefined) {
    return [new Ec2Error('InvalidAction', `The action ${name} is not valid for this web service.`)];
  }
  const given = Object.entries(parameters).filter(([key]) => !COMMON.includes(key));
  return [
    ...given.flatMap(([key, value]) => wrongParameter(action, key, value)),
    ...missing(action, Object.keys(parameters)),
    ...given.flatMap(([key, value]) => (/^Filter\.\d+\.Name$/.test(key) ? wrongFilter(action, value) : [])),
  ];
}

function wrongParameter(action: DocumentedAction, key: string, value: string): Ec2Error[] {
  const parameter = action.parameters[pathOf(key)];
  if (parameter === undefined || parameter.type === 'structure') {
    return [new Ec2Error('UnknownParameter', `The parameter ${key} is not recognized`)];
  }
  const isWrong = SHAPES[parameter.type]?.test(value) === false || parameter.enum?.includes(value) === false;
  return isWrong ? [invalidValue(key, value)] : [];
}

/** What is required inside a structure is missed only where something else of the structure is given. */
function missing(action: DocumentedAction, keys: readonly string[]): Ec2Error[] {
  const required = Object.entries(action.parameters).filter(([, parameter]) => parameter.required === true);
  return required.flatMap(([path]) => {
    const names = path.replace(/\.N$/, '').split('.');
    const name = names.pop() ?? '';
    return holdersOf(names.join('.'), keys)
      .filter((holder) => !keys.some((key) => isAtOrBelow(key, holder, name)))
      .map((holder) => new Ec2Error('MissingParameter', `The request must contain the parameter ${holder}${name}`));
  });
}

/** The structures of the request that stand at a path: `TagSpecification.N` → `TagSpecification.1.`, `TagSpecification.2.`. */
function holdersOf(parent: string, keys: readonly string[]): string[] {
  if (parent === '') return [''];
  const depth = parent.split('.').length;
  const heads = keys
    .filter((key) => pathOf(key).startsWith(`${parent}.`))
    .map((key) => `${key.split('.').slice(0, depth).join('.')}.`);
  return [...new Set(heads)];
}

function isAtOrBelow(key: string, holder: string, name: string): boolean {
  return `${key}.`.startsWith(`${holder}${name}.`);
}

function wrongFilter(action: DocumentedAction, name: string): Ec2Error[] {
  const known = action.filters ?? [];
  const isKnown = known.includes(name) || (name.startsWith('tag:') && name.length > 4 && known.includes('tag:*'));
  return isKnown ? [] : [new Ec2Error('InvalidParameterValue', `The filter '${name}' is invalid`)];
}

/** `TagSpecification.1.Tag.2.Key` → `TagSpecification.N.Tag.N.Key` */
function pathOf(key: string): string {
  return key.replaceAll(/(?<=\.)\d+(?=\.|$)/g, 'N');
}
