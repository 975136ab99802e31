import { createHash } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { GenericSchema, InferOutput } from 'valibot';
import type { PageQuery } from '../api.ts';
import { idParams, pageParams, type WithId } from '../rpc/params.ts';
import type { ViewApi } from '../view/api.ts';
import { errorAnswer } from './answers.ts';
import * as documents from './view-documents.ts';
import * as schemas from './view-schemas.ts';

interface WithPage {
  readonly Querystring: PageQuery;
}

/** What there is to look at: for the page, and for whoever asks. Whoever asks again says which answer they have. */
export async function viewRoutes(app: FastifyInstance, { view }: { readonly view: ViewApi }): Promise<void> {
  app.addHook('onSend', notModified);
  const page = { querystring: pageParams };
  const byId = { params: idParams };
  app.get<WithPage>(
    '/api/v1/fleet',
    shown('List the instances, each with what was done last on it', schemas.fleetAnswer, page),
    async ({ query }) => documents.fleetDocument(view.fleet(query)),
  );
  app.get<WithId>(
    '/api/v1/fleet/:id',
    shown('Tell of an instance, and what was done last on it', schemas.memberAnswer, byId),
    async ({ params: { id } }) => documents.memberDocument(view.member(id)),
  );
  app.get<WithId & WithPage>(
    '/api/v1/instances/:id/attempts',
    shown('List what was done on an instance, the newest run first', schemas.attemptsAnswer, { ...page, ...byId }),
    async ({ params: { id }, query }) => documents.attemptsDocument(view.attemptsOn(id, query)),
  );
  app.get<WithPage>(
    '/api/v1/runs',
    shown('List the runs, newest first, those of the command line, too', schemas.runsAnswer, page),
    async ({ query }) => documents.runsDocument(view.runs(query)),
  );
  app.get<WithId>('/api/v1/runs/:id', shown('Tell of a run', schemas.anyRunAnswer, byId), async ({ params: { id } }) =>
    documents.anyRunDocument(view.run(id)),
  );
  addRunRoutes(app, view);
  addRegistryRoutes(app, view);
}

function addRunRoutes(app: FastifyInstance, view: ViewApi): void {
  app.get<WithId & WithPage>(
    '/api/v1/runs/:id/attempts',
    shown('List the attempts of a run, in plan order', schemas.attemptsAnswer, {
      params: idParams,
      querystring: pageParams,
    }),
    async ({ params: { id }, query }) => documents.attemptsDocument(view.attempts(id, query)),
  );
  app.get<{ Params: InferOutput<typeof schemas.attemptParams> }>(
    '/api/v1/runs/:id/attempts/:instance',
    shown('Tell of an attempt', schemas.attemptAnswer, { params: schemas.attemptParams }),
    async ({ params: { id, instance } }) => documents.attemptDocument(view.attempt(id, instance)),
  );
  app.get<WithId>(
    '/api/v1/runs/:id/clusters',
    shown('Tell which attempts of a run came to the same', schemas.clustersAnswer, { params: idParams }),
    async ({ params: { id } }) => documents.clustersDocument(view.clusters(id)),
  );
}

function addRegistryRoutes(app: FastifyInstance, view: ViewApi): void {
  app.get('/api/v1/registry', shown('List the versions of the registered payloads', schemas.registryAnswer), async () =>
    documents.registryDocument(view.versions()),
  );
  app.get<{ Params: InferOutput<typeof schemas.versionParams> }>(
    '/api/v1/registry/:name/:version',
    shown('Tell what a version consists of', schemas.versionAnswer, { params: schemas.versionParams }),
    async ({ params: { name, version } }) => documents.versionDocument(await view.version(name, Number(version))),
  );
}

/** A route that the page may ask with its session. */
function shown(summary: string, answer: GenericSchema, parts: Readonly<Record<string, GenericSchema>> = {}) {
  return {
    config: { page: true, quiet: true },
    schema: { summary, ...parts, response: { 200: answer, '4xx': errorAnswer } },
  };
}

/** Whoever has this very answer already is told so: a page asks again and again. */
async function notModified(request: FastifyRequest, reply: FastifyReply, payload: unknown): Promise<unknown> {
  if (reply.statusCode !== 200 || typeof payload !== 'string') return payload;
  const tag = `"${createHash('sha256').update(payload).digest('base64url').slice(0, 22)}"`;
  void reply.header('etag', tag);
  if (request.headers['if-none-match'] !== tag) return payload;
  void reply.code(304).removeHeader('content-type');
  return '';
}
