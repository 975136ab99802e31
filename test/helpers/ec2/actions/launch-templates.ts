import type { Action } from '../call.ts';
import { Ec2Error, notFound } from '../error.ts';
import { type Parameters, tagsFor } from '../parameters.ts';
import { type LaunchTemplate, OWNER, type Region } from '../region.ts';
import type { Xml } from '../xml.ts';
import { tagSet } from './instance-xml.ts';

export const createLaunchTemplate: Action = ({ world, region, parameters, fingerprint }) => {
  const name = parameters.text('LaunchTemplateName') ?? '';
  if (!/^[a-zA-Z0-9().\-/_]{3,128}$/.test(name)) {
    throw new Ec2Error('InvalidLaunchTemplateName.MalformedException', `Launch template name ${name} is malformed.`);
  }
  const template = region.once(parameters.text('ClientToken'), fingerprint, () => {
    if ([...region.templates.values()].some((known) => known.name === name)) {
      const message = 'Launch template name already in use.';
      throw new Ec2Error('InvalidLaunchTemplateName.AlreadyExistsException', message);
    }
    const tags = tagsFor('launch-template', parameters);
    const data = parameters.struct('LaunchTemplateData').all();
    const made = { id: world.newId('lt'), name, createdAt: new Date(), tags, data };
    region.templates.set(made.id, made);
    return made;
  });
  return { launchTemplate: templateXml(template) };
};

export const deleteLaunchTemplate: Action = ({ region, parameters }) => {
  const template = templateOf(region, parameters);
  region.templates.delete(template.id);
  return { launchTemplate: templateXml(template) };
};

/** By the id or the name that a request or a part of one gives. @throws Ec2Error where there is none */
export function templateOf(region: Region, parameters: Parameters): LaunchTemplate {
  const [id, name] = [parameters.text('LaunchTemplateId'), parameters.text('LaunchTemplateName')];
  if ((id === null) === (name === null)) {
    const message = 'Either a launch template ID or a launch template name must be specified, and not both.';
    throw new Ec2Error('InvalidParameterCombination', message);
  }
  const found = [...region.templates.values()].find((known) => known.id === id || known.name === name);
  if (found !== undefined) return found;
  if (id !== null) throw notFound('InvalidLaunchTemplateId.NotFound', 'specified launch template', [id]);
  throw new Ec2Error(
    'InvalidLaunchTemplateName.NotFoundException',
    `The specified launch template, with template name ${name}, does not exist.`,
  );
}

function templateXml(template: LaunchTemplate): Xml {
  return {
    launchTemplateId: template.id,
    launchTemplateName: template.name,
    createTime: template.createdAt,
    createdBy: `arn:aws:iam::${OWNER}:user/tester`,
    defaultVersionNumber: 1,
    latestVersionNumber: 1,
    tagSet: tagSet(template.tags),
  };
}
