import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ServiceClient } from '../../src/service/client/client.ts';
import { systemClock } from '../../src/util/clock.ts';
import { Secret } from '../../src/util/secret.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { type Door, openDoor, PAYLOAD, TOKEN } from './door.ts';

const AUTHORIZATION = { authorization: `Bearer ${TOKEN}` };
const CONTENT = Buffer.alloc(300_000, 'archive');

function digestOf(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}

function clientOf({ address }: Door): ServiceClient {
  const client = new ServiceClient(address, new Secret(TOKEN), { clock: systemClock, random: () => 0 });
  onTestFinished(() => client.close());
  return client;
}

function archiveOf(content: Buffer, digest = digestOf(content)): { path: string; sizeBytes: number; digest: string } {
  const path = join(tempDir(), 'archive.tar.gz');
  writeFileSync(path, content);
  return { path, sizeBytes: content.length, digest };
}

async function upload(door: Door, type: string, query = '', content = CONTENT) {
  const headers = { ...AUTHORIZATION, 'content-type': type };
  const answer = await door.app.inject({ method: 'POST', url: `/api/v1/payloads${query}`, headers, payload: content });
  return { status: answer.statusCode, body: answer.json<{ error: { code: string } }>() };
}

describe('POST /api/v1/payloads', () => {
  it('takes the archive as it is', async () => {
    const door = await openDoor();
    expect(await upload(door, 'application/gzip', `?digest=${digestOf(CONTENT)}`)).toEqual({
      status: 201,
      body: PAYLOAD,
    });
    expect(await upload(door, 'application/octet-stream')).toMatchObject({ status: 201 });
    expect(door.uploads).toEqual({ taken: [CONTENT.length, CONTENT.length], broken: [] });
  });

  it('keeps nothing of one that has another digest, and reads none whose digest is no digest', async () => {
    const door = await openDoor();
    const other = `?digest=${'0'.repeat(64)}`;
    expect(await upload(door, 'application/gzip', other)).toMatchObject({
      status: 422,
      body: { error: { code: 'digest-differs' } },
    });
    expect(door.uploads).toEqual({ taken: [], broken: [CONTENT.length] });
    expect(await upload(door, 'application/gzip', '?digest=x')).toMatchObject({ status: 400 });
  });

  it.each(['application/json', 'text/plain', 'multipart/form-data; boundary=x'])('refuses %s', async (type) => {
    const door = await openDoor();
    const { status } = await upload(door, type, '', Buffer.from('{}'));
    expect(status).toBe(415);
    expect(door.uploads).toEqual({ taken: [], broken: [] });
  });

  it('tells a client that is still sending why its archive is not taken', async () => {
    const door = await openDoor({ uploadMaxBytes: 100_000 });
    const archive = archiveOf(Buffer.alloc(20_000_000, 'x'));
    await expect(clientOf(door).upload(archive)).rejects.toMatchObject({
      code: 'payload-too-large',
      message: 'the archive is too large',
      exitCode: 66,
    });
    await clientOf(door).upload(archiveOf(Buffer.from('small')));
    expect(door.uploads.taken).toEqual([5]);
  });

  it('hears of a client that goes away in the middle', async () => {
    const door = await openDoor();
    if (door.address.kind !== 'http') throw new Error('a port is listened at');
    const socket = connect(door.address.port, door.address.host);
    const head = [
      'POST /api/v1/payloads HTTP/1.1',
      'Host: 127.0.0.1',
      `Authorization: Bearer ${TOKEN}`,
      'Content-Type: application/gzip',
      'Content-Length: 1000000',
    ];
    socket.write(`${head.join('\r\n')}\r\n\r\nbeginning`, () => socket.destroy());
    await waitFor('the end of the upload', () => door.uploads.broken.length === 1);
    expect(door.uploads).toEqual({ taken: [], broken: ['beginning'.length] });
  });
});
