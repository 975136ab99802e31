import type { ServeOptions } from '../commands/serve.ts';
import type { TokenListOptions } from '../commands/token.ts';
import type { UiCommandOptions } from '../commands/ui.ts';
import type { GlobalOptions } from '../context.ts';
import { EXAMPLES } from '../examples.ts';
import type { Registrar } from './registrar.ts';

/** `spot serve`, `spot ui`, `spot token create | list | revoke` */
export function registerService(registrar: Registrar): void {
  const { command, finish, io } = registrar;
  command('serve', 'take requests of other programs: JSON-RPC and HTTP')
    .option('--listen <address>', 'HOST:PORT, or the path of a Unix socket (default: service.sock in the state folder)')
    .option('--insecure', 'listen without TLS where other machines reach it')
    .option('--no-worker', 'leave the work to: spot worker')
    .option('--ui', 'show a page, too: fleet, runs, outputs; one signs in with a token')
    .addHelpText('after', EXAMPLES.serve)
    .action((options: ServeOptions) =>
      finish(import('../commands/on-service.ts').then(({ serve }) => serve(options, io))),
    );
  registerUi(registrar);
  registerToken(registrar);
}

/** `spot ui` */
function registerUi({ command, finish, io }: Registrar): void {
  command('ui', 'a page to look at: fleet, runs as they go, outputs; for you, on this machine')
    .option('--port <port>', 'at 127.0.0.1 (default: a free one)')
    .option('--open', 'open it in the browser, too')
    .addHelpText('after', EXAMPLES.ui)
    .action((options: UiCommandOptions) =>
      finish(import('../commands/on-service.ts').then(({ ui }) => ui(options, io))),
    );
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
