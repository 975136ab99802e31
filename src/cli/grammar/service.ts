import type { ServeOptions } from '../commands/serve.ts';
import type { TokenListOptions } from '../commands/token.ts';
import type { GlobalOptions } from '../context.ts';
import { EXAMPLES } from '../examples.ts';
import type { Registrar } from './registrar.ts';

/** `spot serve`, `spot token create | list | revoke` */
export function registerService(registrar: Registrar): void {
  const { command, finish, io } = registrar;
  command('serve', 'take requests of other programs: JSON-RPC and HTTP')
    .option('--listen <address>', 'HOST:PORT, or the path of a Unix socket (default: service.sock in the state folder)')
    .option('--insecure', 'listen without TLS where other machines reach it')
    .option('--no-worker', 'leave the work to: spot worker')
    .addHelpText('after', EXAMPLES.serve)
    .action((options: ServeOptions) =>
      finish(import('../commands/on-service.ts').then(({ serve }) => serve(options, io))),
    );
  registerToken(registrar);
}

function registerToken({ group, finish, io }: Registrar): void {
  const command = group('token', 'what lets programs into a service; see: spot token --help', EXAMPLES.token);
  command('create <name>', 'make one, and show it this once')
    .addHelpText('after', EXAMPLES.tokenCreate)
    .action((name: string, options: GlobalOptions) =>
      finish(import('../commands/on-service.ts').then((service) => service.createNamedToken(name, options, io))),
    );
  command('list', 'list them: names and times, nothing that opens anything')
    .option('--json', 'as one document')
    .addHelpText('after', EXAMPLES.tokenList)
    .action((options: TokenListOptions) =>
      finish(import('../commands/on-service.ts').then(({ listTokens }) => listTokens(options, io))),
    );
  command('revoke <name>', 'take one back; services that run refuse it at once')
    .addHelpText('after', EXAMPLES.tokenRevoke)
    .action((name: string, options: GlobalOptions) =>
      finish(import('../commands/on-service.ts').then(({ revokeToken }) => revokeToken(name, options, io))),
    );
}
