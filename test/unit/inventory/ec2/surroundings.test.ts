import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import process from 'node:process';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { Patience } from '../../../../src/inventory/ec2/api.ts';
import { KNOWN_REGIONS } from '../../../../src/inventory/ec2/regions.ts';
import type { SpotError } from '../../../../src/model/errors.ts';
import { ec2Endpoint } from '../../../helpers/ec2/endpoint.ts';
import { ACCESS_KEYS } from '../../../helpers/ec2/faults.ts';
import { leakCheck } from '../../../helpers/leaks.ts';
import { tempDir } from '../../../helpers/temp-dir.ts';
import { cloudAt, refusal, REGION, stubFiles } from './cloud-at.ts';

leakCheck();

const SHORT: Patience = { tryMs: 600, allMs: 1500 };

function told({ code, exitCode, message }: SpotError): readonly [string, number, string] {
  return [code, exitCode, message];
}

/** @returns its URL; closed when the test is over */
async function listening(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    await new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function answering(status: number, body: string): Promise<string> {
  return listening(createServer((_, response) => response.writeHead(status, { connection: 'close' }).end(body)));
}

describe('an endpoint that is not there', () => {
  test('refuses, and is known at once', async () => {
    const server = createTcpServer();
    const url = await listening(server);
    await new Promise((resolve) => server.close(resolve));
    const error = await refusal(cloudAt({ url }).describe(REGION, {}, []));
    const message = `cannot reach EC2 in us-east-1 (${url}): the connection was refused; check the network and aws.endpoint (AWS_ENDPOINT_URL)`;
    expect(told(error)).toEqual(['aws-unreachable', 69, message]);
  });

  test('has a name that nobody knows', async () => {
    const url = 'http://ec2.spot.invalid';
    const error = await refusal(cloudAt({ url }).describe(REGION, {}, []));
    const message =
      /^cannot reach EC2 in us-east-1 \(http:\/\/ec2\.spot\.invalid\): (the host name ec2\.spot\.invalid is not found|no name server answers); check the network and aws\.endpoint/;
    expect(told(error)).toEqual(['aws-unreachable', 69, expect.stringMatching(message)]);
  });

  test('takes a connection and says nothing: known in time', async () => {
    const url = await listening(createTcpServer((socket) => onTestFinished(() => void socket.destroy())));
    const error = await refusal(cloudAt({ url }, { patience: SHORT }).describe(REGION, {}, []));
    const message = `DescribeInstances in us-east-1 (${url}) was not answered within 1.5 s; check the network and aws.endpoint (AWS_ENDPOINT_URL), and try again`;
    expect(told(error)).toEqual(['aws-no-answer', 69, message]);
  });
});

describe('a region', () => {
  test('that cannot be the name of one is refused before anybody is asked', async () => {
    const endpoint = await ec2Endpoint();
    vi.stubEnv('AWS_ENDPOINT_URL', '');
    const error = await refusal(cloudAt(endpoint, { endpoint: null }).describe('us east 1', {}, []));
    const message = "'us east 1' is no name of a region; write one such as us-east-1 for --region and aws.regions";
    expect(told(error)).toEqual(['aws-unknown-region', 78, message]);
    expect(endpoint.requests).toEqual([]);
  });

  test('that the endpoint does not serve is told', async () => {
    const endpoint = await ec2Endpoint();
    const error = await refusal(cloudAt(endpoint).describe('us-esat-1', {}, []));
    const message =
      `what answers for EC2 does not serve us-esat-1 (${endpoint.url}) (Credential should be scoped to a valid region); ` +
      'check --region, aws.regions and aws.endpoint';
    expect(told(error)).toEqual(['aws-unknown-region', 78, message]);
  });

  test('of the SDK is known by name', () => {
    const core = createRequire(import.meta.url).resolve('@aws-sdk/core/client');
    const regions = readFileSync(core, 'utf8').match(/"(?:us|eu|ap|sa|ca|me|af|il|mx|cn)(?:-gov)?-[a-z]+-\d"(?=: \{)/g);
    expect(regions?.length).toBeGreaterThan(30);
    expect([...new Set(regions)].map((name) => name.slice(1, -1)).sort()).toEqual([...KNOWN_REGIONS].sort());
  });
});

describe('a server that is not EC2', () => {
  const HTML = '<html><body>welcome</body></html>';

  test.each([
    ['a page instead of an answer', 200, HTML, ''],
    ['a page that says no', 404, HTML, ' (HTTP 404)'],
    ['no XML', 200, '{"hello":1}', ' (HTTP 200)'],
  ])('%s is no empty fleet', async (_, status, body, how) => {
    const url = await answering(status, body);
    const error = await refusal(cloudAt({ url }).describe(REGION, {}, []));
    expect(told(error)).toEqual([
      'aws-bad-answer',
      78,
      expect.stringContaining(`does not speak its language${how}; check aws.endpoint (AWS_ENDPOINT_URL) and the proxy`),
    ]);
  });
});

describe('credentials', () => {
  test('that are nowhere to be found are told, and where they may come from', async () => {
    const endpoint = await ec2Endpoint();
    const cloud = cloudAt(endpoint);
    for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']) vi.stubEnv(name, undefined);
    const message =
      'no AWS credentials (Could not load credentials from any providers); set aws.profile, or AWS_ACCESS_KEY_ID and ' +
      'AWS_SECRET_ACCESS_KEY, or run: aws configure';
    expect(told(await refusal(cloud.describe(REGION, {}, [])))).toEqual(['aws-no-credentials', 78, message]);
  });

  test('of a profile that does not exist', async () => {
    const endpoint = await ec2Endpoint();
    const error = await refusal(cloudAt(endpoint, { profile: 'staging' }).describe(REGION, {}, []));
    const message =
      "the AWS profile 'staging' gives no credentials (Could not load credentials from any providers); correct " +
      'aws.profile, and see which profiles there are with: aws configure list-profiles';
    expect(told(error)).toEqual(['aws-no-credentials', 78, message]);
  });

  test('of a profile that exists are used, and not those of the environment', async () => {
    const endpoint = await ec2Endpoint();
    const file = join(tempDir(), 'credentials');
    writeFileSync(file, '[staging]\naws_access_key_id = AKIASTAGING\naws_secret_access_key = secret\n');
    const cloud = cloudAt(endpoint, { profile: 'staging' });
    stubFiles(file);
    await cloud.describe(REGION, {}, []);
    expect(endpoint.requests.map(({ accessKeyId }) => accessKeyId)).toEqual(['AKIASTAGING']);
  });

  test('that are unknown or out of date', async () => {
    const endpoint = await ec2Endpoint();
    const unknown = cloudAt(endpoint, { accessKeyId: ACCESS_KEYS.unknown });
    expect((await refusal(unknown.describe(REGION, {}, []))).code).toBe('aws-credentials-refused');
    const expired = cloudAt(endpoint, { accessKeyId: ACCESS_KEYS.expired });
    expect((await refusal(expired.describe(REGION, {}, []))).code).toBe('aws-credentials-expired');
  });

  test('are looked up once for all regions', async () => {
    const endpoint = await ec2Endpoint();
    const dir = tempDir();
    const command = `echo x >> ${dir}/asked; echo '{"Version":1,"AccessKeyId":"AKIAONCE","SecretAccessKey":"s"}'`;
    writeFileSync(join(dir, 'helper.sh'), command);
    writeFileSync(join(dir, 'config'), `[profile helper]\ncredential_process = sh ${dir}/helper.sh\n`);
    const cloud = cloudAt(endpoint, { profile: 'helper' });
    vi.stubEnv('AWS_CONFIG_FILE', join(dir, 'config'));
    await Promise.all(['us-east-1', 'us-west-2', 'eu-west-1'].map((region) => cloud.describe(region, {}, [])));
    expect(endpoint.requests.map(({ accessKeyId, region }) => [accessKeyId, region]).sort()).toEqual([
      ['AKIAONCE', 'eu-west-1'],
      ['AKIAONCE', 'us-east-1'],
      ['AKIAONCE', 'us-west-2'],
    ]);
    expect(readFileSync(join(dir, 'asked'), 'utf8')).toBe('x\n');
  });

  test('that nobody hands out are not waited for', async () => {
    const endpoint = await ec2Endpoint();
    const file = join(tempDir(), 'config');
    writeFileSync(file, '[profile slow]\ncredential_process = sleep 3\n');
    const cloud = cloudAt(endpoint, { profile: 'slow', patience: SHORT });
    vi.stubEnv('AWS_CONFIG_FILE', file);
    expect((await refusal(cloud.describe(REGION, {}, []))).code).toBe('aws-no-answer');
  });
});

describe('the environment', () => {
  test('names the endpoint where the configuration does not', async () => {
    const endpoint = await ec2Endpoint();
    const cloud = cloudAt(endpoint, { endpoint: null });
    vi.stubEnv('AWS_ENDPOINT_URL', endpoint.url);
    expect(await cloud.describe(REGION, {}, [])).toEqual([]);
    expect(endpoint.requestsFor('DescribeInstances')).toHaveLength(1);
  });

  test('names an endpoint for EC2 alone, before the one for all', async () => {
    const [endpoint, other] = [await ec2Endpoint(), await ec2Endpoint()];
    const cloud = cloudAt(endpoint, { endpoint: null });
    vi.stubEnv('AWS_ENDPOINT_URL', other.url);
    vi.stubEnv('AWS_ENDPOINT_URL_EC2', endpoint.url);
    await cloud.describe(REGION, {}, []);
    expect([endpoint.requests.length, other.requests.length]).toEqual([1, 0]);
  });

  test('may name what is no address: that is told', async () => {
    const cloud = cloudAt({ url: '' }, { endpoint: null });
    vi.stubEnv('AWS_ENDPOINT_URL', 'localhost');
    const { code, exitCode, message } = await refusal(cloud.describe(REGION, {}, []));
    expect([code, exitCode]).toEqual(['aws-bad-endpoint', 78]);
    expect(message).toBe('the value of AWS_ENDPOINT_URL is no URL; write one such as http://127.0.0.1:5000');
  });

  test('is left as it was, and nothing is said about the version of Node', async () => {
    const warnings: string[] = [];
    const listener = (warning: Error): void => void warnings.push(warning.message);
    process.on('warning', listener);
    onTestFinished(() => void process.off('warning', listener));
    const before = { ...process.env };
    await refusal(cloudAt({ url: 'http://127.0.0.1:1' }).describe(REGION, {}, []));
    expect(warnings).toEqual([]);
    vi.unstubAllEnvs();
    expect({ ...process.env }).toEqual(before);
  });
});

test('what is under way when it is closed was given up', async () => {
  const endpoint = await ec2Endpoint();
  endpoint.fail('DescribeInstances', { delayMs: 60_000 });
  const cloud = cloudAt(endpoint);
  const asked = refusal(cloud.describe(REGION, {}, []));
  await vi.waitFor(() => expect(endpoint.requests).toHaveLength(1));
  cloud.close();
  const message = `DescribeInstances in us-east-1 (${endpoint.url}) was given up`;
  expect(told(await asked)).toEqual(['aws-closed', 69, message]);
});
