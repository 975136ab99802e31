import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import * as v from 'valibot';
import { NOBODY } from './fastify-types.ts';
import type { Refuse } from './auth.ts';
import { refusal } from './errors.ts';
import type { Sessions, SignIn } from './sessions.ts';
import type { Encoding, UiFile } from './ui-files.ts';

/** Nothing but the page's own files, no framing, no forms to elsewhere: whatever a name or an output holds does nothing. */
const HEADERS = {
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "connect-src 'self'",
    "img-src 'self' data:",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
  ].join('; '),
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'x-frame-options': 'DENY',
};

export interface UiOptions {
  readonly files: ReadonlyMap<string, UiFile>;
  readonly sessions: Sessions;
  readonly signIn: SignIn;
  /** whose state it is, for whoever is signed in: `laptop:/srv/spot/.spot` */
  readonly place: string;
}

/** More than any token has, characters. */
const LONGEST_SECRET = 1000;
const sessionBody = v.strictObject({
  secret: v.pipe(v.string('it is not a text'), v.maxLength(LONGEST_SECRET, 'it is too long')),
});

/** Headers of every answer of a server that has the page. To be called before there are routes. */
export function addUiHeaders(app: FastifyInstance): void {
  app.addHook('onRequest', async (_request, reply) => void reply.headers(HEADERS));
}

/** The page below `/ui/`, and how one gets its session. */
export async function uiRoutes(app: FastifyInstance, options: UiOptions & { readonly refuse: Refuse }): Promise<void> {
  const open = { config: { open: true, quiet: true }, schema: { hide: true } };
  app.get('/', open, async (_request, reply) => reply.redirect('/ui/'));
  app.get('/ui', open, async (_request, reply) => reply.redirect('/ui/'));
  app.get('/ui/', open, async (request, reply) => sendFile(options.files.get('index.html'), request, reply));
  app.get<{ Params: { name: string } }>('/ui/:name', open, async (request, reply) =>
    sendFile(options.files.get(request.params.name), request, reply),
  );
  addSessionRoutes(app, options);
}

function addSessionRoutes(app: FastifyInstance, options: UiOptions & { readonly refuse: Refuse }): void {
  const { sessions, signIn, place, refuse } = options;
  const open = { config: { open: true }, schema: { hide: true } };
  app.get('/ui/session', open, async ({ headers }) => {
    const who = sessions.whoAsks(headers);
    return { who, place: who === null ? null : place, sign_in: signIn.kind };
  });
  app.post<{ Body: v.InferOutput<typeof sessionBody> }>(
    '/ui/session',
    { config: { open: true }, schema: { hide: true, body: sessionBody } },
    async (request, reply) => {
      const found = signIn.exchange(request.body.secret);
      if ('refused' in found) return refuse(request, { code: 'token-refused', who: NOBODY, message: found.refused });
      return reply.code(204).header('set-cookie', sessions.open(found.whoIs)).send();
    },
  );
  app.delete('/ui/session', open, async ({ headers }, reply) =>
    reply.code(204).header('set-cookie', sessions.close(headers)).send(),
  );
}

function sendFile(file: UiFile | undefined, { headers }: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (file === undefined) throw refusal('route-unknown', 'the page has no such file; load it again');
  const cacheControl = file.isHashed ? 'public, max-age=31536000, immutable' : 'no-cache';
  void reply.headers({ etag: file.etag, 'cache-control': cacheControl, vary: 'accept-encoding' });
  if (headers['if-none-match'] === file.etag) return reply.code(304).send();
  const encoding = encodingFor(headers['accept-encoding'], file);
  if (encoding !== 'identity') void reply.header('content-encoding', encoding);
  return reply.type(file.type).send(file.bodies.get(encoding));
}

/** The smallest that the browser takes. */
function encodingFor(accepted: string | string[] | undefined, { bodies }: UiFile): Encoding {
  const words = String(accepted ?? '').split(/[\s,;]+/);
  return (['br', 'gzip'] as const).find((encoding) => words.includes(encoding) && bodies.has(encoding)) ?? 'identity';
}
