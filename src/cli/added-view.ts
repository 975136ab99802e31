import { formatHostPort } from '../inventory/host-spec.ts';
import { type Instance, labelOf } from '../model/instance.ts';
import { harmless } from '../report/text.ts';
import { plural } from '../util/format.ts';
import { MAX_NAMED } from './several.ts';

/** A line each, or one for many: `added 50 instances`, `added 48 instances, updated 2`; nothing for none. */
export function describeAdded(instances: readonly Instance[], existing: readonly Instance[]): string {
  const known = new Set(existing.map(({ instanceId }) => instanceId));
  const updated = instances.filter(({ instanceId }) => known.has(instanceId)).length;
  if (instances.length > MAX_NAMED) {
    const added = instances.length - updated;
    if (added === 0) return `updated ${updated} instances\n`;
    return `added ${plural(added, 'instance')}${updated === 0 ? '' : `, updated ${updated}`}\n`;
  }
  const lines = instances.map((instance) => {
    const user = instance.sshUser === null ? '' : `${instance.sshUser}@`;
    const where = `${user}${formatHostPort(instance.publicIp ?? '', instance.sshPort)}`;
    return `${known.has(instance.instanceId) ? 'updated' : 'added'} ${harmless(labelOf(instance))} (${harmless(where)})\n`;
  });
  return lines.join('');
}
