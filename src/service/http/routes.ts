import type { FastifyInstance } from 'fastify';
import type { InferOutput } from 'valibot';
import { instanceDocument } from '../../report/instance-document.ts';
import type { PageQuery, ServiceApi } from '../api.ts';
import { deployedAnswer, instanceAnswer, instancesAnswer, payloadAnswer, taskAnswer } from '../rpc/answers.ts';
import { deployedDocument, instancesDocument, payloadDocument, taskDocument } from '../rpc/documents.ts';
import { createBody, idParams, pageParams, type WithId } from '../rpc/params.ts';
import { createRequestOf } from '../rpc/requests.ts';
import { errorAnswer } from './answers.ts';

/** What is asked by path rather than by method. */
export function addRoutes(app: FastifyInstance, api: ServiceApi): void {
  app.post<{ Body: InferOutput<typeof createBody> }>(
    '/api/v1/instances',
    {
      schema: {
        summary: 'Create instances, each with a payload or without',
        body: createBody,
        response: { 202: deployedAnswer, '4xx': errorAnswer },
      },
    },
    async ({ body, caller }, reply) => {
      const deployed = await api.create(createRequestOf(body.instances), caller);
      return reply.code(202).send(deployedDocument(deployed));
    },
  );
  app.get<{ Querystring: PageQuery }>(
    '/api/v1/instances',
    {
      schema: {
        summary: 'List the instances',
        querystring: pageParams,
        response: { 200: instancesAnswer, '4xx': errorAnswer },
      },
    },
    async ({ query }) => instancesDocument(api.instances(query)),
  );
  addRoutesById(app, api);
}

function addRoutesById(app: FastifyInstance, api: ServiceApi): void {
  app.get<WithId>(
    '/api/v1/instances/:id',
    {
      schema: {
        summary: 'Tell of an instance, and what became of its payload',
        params: idParams,
        response: { 200: instanceAnswer, '4xx': errorAnswer },
      },
    },
    async ({ params: { id } }) => instanceDocument(api.instance(id)),
  );
  app.get<WithId>(
    '/api/v1/payloads/:id',
    {
      schema: {
        summary: 'Tell how far a payload has come on its instance',
        params: idParams,
        response: { 200: payloadAnswer, '4xx': errorAnswer },
      },
    },
    async ({ params: { id } }) => payloadDocument(api.deployment(id), api.tasksOf(id)),
  );
  app.get<WithId>(
    '/api/v1/tasks/:id',
    {
      schema: {
        summary: 'Tell of a task',
        params: idParams,
        response: { 200: taskAnswer, '4xx': errorAnswer },
      },
    },
    async ({ params: { id } }) => taskDocument(api.task(id)),
  );
}
