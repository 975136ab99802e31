import { expect, test } from 'vitest';
import { makeCertificate } from '../helpers/certificate.ts';
import { leakCheck } from '../helpers/leaks.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { Project } from './project.ts';
import { freePort, serve, ViaProject } from './serving.ts';

leakCheck();

test('a service is asked over TLS where its certificate is trusted, and not where it is not', async () => {
  const service = new Project();
  const { certificate, key } = makeCertificate('service', tempDir());
  service.write('config.yaml', `service:\n  tls_certificate: ${certificate}\n  tls_key: ${key}\n`);
  const SPOT_TOKEN = (await service.run(['token', 'create', 'ci'])).stdout.trim();
  const port = await freePort();
  await serve(service, ['--no-worker', '--listen', `127.0.0.1:${port}`]);
  const project = new ViaProject(`https://127.0.0.1:${port}`);
  project.write('ok.sh', 'true\n');
  expect(await project.run(project.upload('ok.sh'), { env: { SPOT_TOKEN } })).toMatchObject({
    exitCode: 78,
    stderr: `spot: the certificate of ${project.via} is not accepted (self-signed certificate); name the file of the authority that has signed it with NODE_EXTRA_CA_CERTS\n`,
  });
  const env = { SPOT_TOKEN, NODE_EXTRA_CA_CERTS: certificate };
  expect(await project.run(project.upload('ok.sh'), { env })).toMatchObject({
    exitCode: 69,
    stderr: `spot: there is no instance in the service at ${project.via}; add one with: spot add user@host\n`,
  });
  const elsewhere = new ViaProject(`https://localhost:${port}`);
  elsewhere.write('ok.sh', 'true\n');
  const { exitCode, stderr } = await elsewhere.run(elsewhere.upload('ok.sh'), { env });
  expect(exitCode).toBe(78);
  expect(stderr).toContain(`spot: the certificate of https://localhost:${port} is not accepted (`);
  expect(stderr).toContain('; have it made anew for that name\n');
  expect(stderr).not.toContain(SPOT_TOKEN);
});
