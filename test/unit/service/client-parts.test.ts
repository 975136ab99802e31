import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseServiceAddress } from '../../../src/service/client/address.ts';
import { EventStreamParser } from '../../../src/service/client/event-stream.ts';

describe('what --via names', () => {
  it.each([
    ['/run/spot.sock', { kind: 'socket', path: '/run/spot.sock' }],
    ['.spot/service.sock', { kind: 'socket', path: '/work/.spot/service.sock', shown: '.spot/service.sock' }],
    ['unix:/run/spot.sock', { kind: 'socket', path: '/run/spot.sock' }],
    ['unix:///run/spot.sock', { kind: 'socket', path: '/run/spot.sock' }],
    ['service.sock', { kind: 'socket', path: '/work/service.sock' }],
    [
      'http://127.0.0.1:8080',
      { kind: 'http', host: '127.0.0.1', port: 8080, prefix: '', shown: 'http://127.0.0.1:8080' },
    ],
    ['http://localhost/', { kind: 'http', host: 'localhost', port: 80, prefix: '' }],
    ['http://[::1]:81', { kind: 'http', host: '::1', port: 81 }],
    ['HTTPS://spot.example.com/behind/', { kind: 'https', host: 'spot.example.com', port: 443, prefix: '/behind' }],
  ])('%s', (word, address) => {
    expect(parseServiceAddress(word, '/work')).toMatchObject(address);
  });

  it.each([
    ['', 'via-invalid'],
    ['127.0.0.1:8080', 'via-invalid'],
    ['ftp:x', 'via-invalid'],
    ['http://', 'via-invalid'],
    ['https://ann:secret@spot.example.com', 'via-invalid'],
    ['https://spot.example.com/?x=1', 'via-invalid'],
    ['http://10.0.0.7:8080', 'service-insecure'],
    ['http://spot.example.com', 'service-insecure'],
  ])('%j is refused: %s', (word, code) => {
    expect(() => parseServiceAddress(word, '/work')).toThrow(expect.objectContaining({ code }));
    expect(() => parseServiceAddress(word, '/work')).not.toThrow(/secret/);
  });
});

describe('a stream of events', () => {
  const TEXT =
    ':\r\n\r\nretry: 5\n\nid: 1\nevent: a\ndata: {"x":"grün 🚀"}\n\ndata:no space\rdata\rid\r\r:x\nid: 7\n\nevent: b\ndata: 2\n\n';
  const EVENTS = [
    { id: '1', data: '{"x":"grün 🚀"}' },
    { id: '', data: 'no space\n' },
    { id: '7', data: '2' },
  ];

  it('is the same in pieces of any size', () => {
    const bytes = Buffer.from(TEXT);
    fc.assert(
      fc.property(fc.array(fc.nat({ max: bytes.length }), { maxLength: 12 }), (cuts) => {
        const ends = [...cuts.sort((a, b) => a - b), bytes.length];
        const parser = new EventStreamParser();
        const events = ends.flatMap((end, index) => parser.push(bytes.subarray(ends[index - 1] ?? 0, end)));
        expect(events).toEqual(EVENTS);
      }),
    );
  });

  it('has no event that is not whole', () => {
    expect(new EventStreamParser().push(Buffer.from('id: 1\ndata: {"type"'))).toEqual([]);
    expect(new EventStreamParser().push(Buffer.from('id: 1\ndata: {}\n'))).toEqual([]);
  });
});
