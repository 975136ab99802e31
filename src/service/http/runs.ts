import type { FastifyInstance } from 'fastify';
import type { InferOutput } from 'valibot';
import { requireTargets } from '../../inventory/require-targets.ts';
import type { FilteredSelection } from '../../inventory/select.ts';
import { noInstanceError } from '../../model/errors.ts';
import type { RunRequest, ServiceApi } from '../api.ts';
import { idParams, type WithId } from '../rpc/params.ts';
import { msOf, sourceOf } from '../rpc/requests.ts';
import { errorAnswer } from './answers.ts';
import { runDocument, selectionDocument, startedDocument } from './run-documents.ts';
import { runAnswer, runBody, selectionAnswer, selectionBody, startedAnswer } from './run-schemas.ts';

/** Runs as `spot upload-script --via` asks for them. */
export async function runRoutes(app: FastifyInstance, { api }: { readonly api: ServiceApi }): Promise<void> {
  addStartRoutes(app, api);
  addCancelRoute(app, api);
}

function addStartRoutes(app: FastifyInstance, api: ServiceApi): void {
  app.post<{ Body: InferOutput<typeof selectionBody> }>(
    '/api/v1/selection',
    {
      schema: {
        summary: 'Tell which instances words mean, and why the others are left out',
        body: selectionBody,
        response: { 200: selectionAnswer, '4xx': errorAnswer },
      },
    },
    async ({ body }) => selectionDocument(api.select(body)),
  );
  app.post<{ Body: InferOutput<typeof runBody> }>(
    '/api/v1/runs',
    {
      schema: {
        summary: 'Start a run: a payload for several instances',
        body: runBody,
        response: { 202: startedAnswer, '4xx': errorAnswer },
      },
    },
    async ({ body, caller }, reply) => {
      const started = await api.startRun(runRequestOf(body, chosenBy(body, api)), caller);
      return reply.code(202).send(startedDocument(started));
    },
  );
}

function addCancelRoute(app: FastifyInstance, api: ServiceApi): void {
  app.post<WithId>(
    '/api/v1/runs/:id/cancel',
    {
      schema: {
        summary: 'End all of a run that has not ended',
        params: idParams,
        response: { 202: runAnswer, '4xx': errorAnswer },
      },
    },
    async ({ params: { id }, caller }, reply) => {
      await api.cancelRun(id, caller);
      return reply.code(202).send(runDocument(api.run(id)));
    },
  );
}

type Chosen = Pick<RunRequest, 'instanceIds' | 'skipped'>;

function chosenBy(body: InferOutput<typeof runBody>, api: ServiceApi): Chosen {
  if (body.instance_ids !== null) return { instanceIds: body.instance_ids };
  const selection = api.select(body);
  requireSome(selection);
  const instanceIds = selection.chosen.map(({ instanceId }) => instanceId);
  if (body.expect !== null) requireSame(body.expect, instanceIds);
  return { instanceIds, skipped: selection.skipped };
}

/** @throws SpotError `no-instance-selected` with the sentence that fits */
function requireSome(selection: FilteredSelection): void {
  try {
    requireTargets(selection, 'the state of the service');
  } catch (error) {
    throw noInstanceError('no-instance-selected', (error as Error).message, error);
  }
}

/** Whoever was asked about some instances must not get others. */
function requireSame(expected: readonly string[], found: readonly string[]): void {
  const [wanted, there] = [new Set(expected), new Set(found)];
  const isSame = wanted.size === there.size && found.every((id) => wanted.has(id));
  if (isSame) return;
  const message = `the words choose ${found.length} instances now, which are not the ${wanted.size} expected; look again, and decide anew`;
  throw noInstanceError('selection-changed', message);
}

function runRequestOf(body: InferOutput<typeof runBody>, chosen: Chosen): RunRequest {
  return {
    ...chosen,
    // the schema has seen to it that there is one
    payload: sourceOf(body) as RunRequest['payload'],
    remotePath: body.remote_path,
    execute: body.execute_payload,
    timeoutMs: msOf(body.timeout),
    args: body.args,
    environment: new Map(Object.entries(body.environment)),
    cleanup: body.cleanup,
    exclusive: body.exclusive,
    retries: body.retries,
    readyTimeoutMs: msOf(body.ready_timeout),
  };
}
