import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

export interface Imds {
  readonly url: string;
  /** what instance-action answers; null: 404 */
  notice: string | null;
  /** tokens given before are not taken any more */
  forgetTokens(): void;
  readonly requests: string[];
}

export async function startImds(): Promise<Imds> {
  let tokens: string[] = [];
  let made = 0;
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`);
    const answer = (status: number, text: string): unknown => response.writeHead(status).end(text);
    if (request.method === 'PUT' && request.url === '/latest/api/token') {
      if (request.headers['x-aws-ec2-metadata-token-ttl-seconds'] !== '21600') return answer(400, '');
      tokens.push(`token-${(made += 1)}==`);
      return answer(200, tokens.at(-1) as string);
    }
    if (!tokens.includes(String(request.headers['x-aws-ec2-metadata-token']))) return answer(401, 'no');
    if (request.url !== '/latest/meta-data/spot/instance-action' || imds.notice === null)
      return answer(404, '<html>404 - Not Found "action": "terminate" </html>\n');
    return answer(200, imds.notice);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const imds: Imds = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    notice: null,
    forgetTokens: () => (tokens = []),
    requests,
  };
  return imds;
}
