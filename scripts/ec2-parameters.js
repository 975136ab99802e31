//     node scripts/ec2-parameters.js SERVICE_2_JSON SOURCE > test/helpers/ec2/documented.json
//     npx prettier --write test/helpers/ec2/documented.json
//
// What EC2 documents of the requests that spot makes, out of the API model that AWS publishes with botocore, in
// data/ec2/2016-11-15/service-2.json(.gz). SOURCE is kept beside it, e.g. `botocore 1.43.107`.
import { readFileSync } from 'node:fs';
import process from 'node:process';

const ACTIONS = [
  'AuthorizeSecurityGroupIngress',
  'CreateFleet',
  'CreateLaunchTemplate',
  'CreateSecurityGroup',
  'CreateTags',
  'DeleteLaunchTemplate',
  'DescribeAvailabilityZones',
  'DescribeImages',
  'DescribeInstanceStatus',
  'DescribeInstanceTypes',
  'DescribeInstances',
  'DescribeKeyPairs',
  'DescribeSecurityGroups',
  'DescribeSpotInstanceRequests',
  'DescribeSpotPriceHistory',
  'DescribeSubnets',
  'DescribeVpcs',
  'GetConsoleOutput',
  'ImportKeyPair',
  'RunInstances',
  'TerminateInstances',
];

/** Longer ones (instance types, resource types) grow with every release of the API. */
const MAX_ENUM = 12;

const [file, source] = process.argv.slice(2);
if (file === undefined || source === undefined) {
  console.error('usage: node scripts/ec2-parameters.js SERVICE_2_JSON SOURCE');
  process.exit(64);
}
const model = JSON.parse(readFileSync(file, 'utf8'));
const actions = Object.fromEntries(ACTIONS.map((name) => [name, documented(name)]));
console.log(JSON.stringify({ source, version: model.metadata.apiVersion, actions }));

/** @returns {{ filters?: string[], parameters: Record<string, object> }} names as they stand in a request */
function documented(action) {
  const { input } = model.operations[action];
  const filters = filterNames(model.shapes[input.shape].members.Filters?.documentation ?? '');
  return {
    ...(filters.length > 0 && { filters }),
    parameters: Object.fromEntries(membersOf('', model.shapes[input.shape], [])),
  };
}

/** @returns {[string, object][]} e.g. `['TagSpecification.N.Tag.N.Key', { type: 'string' }]` */
function membersOf(prefix, shape, above) {
  return Object.entries(shape.members).flatMap(([name, member]) => {
    const required = (shape.required ?? []).includes(name);
    return parameters(`${prefix}${wireName(name, member)}`, member.shape, required, above);
  });
}

/** EC2's own rule: the query name, else the location name with a capital, else the name of the member. */
function wireName(name, { queryName, locationName }) {
  if (queryName !== undefined) return queryName;
  return locationName === undefined ? name : locationName[0].toUpperCase() + locationName.slice(1);
}

function parameters(path, shapeName, required, above) {
  // a shape inside itself would never end
  if (above.includes(shapeName)) return [];
  const shape = model.shapes[shapeName];
  const requirement = required ? { required } : {};
  if (shape.type === 'list') {
    const [first, ...rest] = parameters(`${path}.N`, shape.member.shape, false, [...above, shapeName]);
    return [[first[0], { ...first[1], ...requirement }], ...rest];
  }
  if (shape.type === 'structure') {
    return [[path, { type: 'structure', ...requirement }], ...membersOf(`${path}.`, shape, [...above, shapeName])];
  }
  const values = shape.enum !== undefined && shape.enum.length <= MAX_ENUM ? { enum: shape.enum } : {};
  return [[path, { type: shape.type, ...requirement, ...values }]];
}

/** They stand in prose only: `<li> <p> <code>tag-key</code> - The key …`; `tag:*` stands for every key. */
function filterNames(documentation) {
  const names = [...documentation.matchAll(/<li>\s*<p>\s*<code>([^<&]+)/g)].map(([, name]) => name);
  return [...new Set(names.map((name) => (/^tag:?$/.test(name) ? 'tag:*' : name)))].sort();
}
