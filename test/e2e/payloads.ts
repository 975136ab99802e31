import { expect } from 'vitest';
import type { Project } from './project.ts';

/** Runs a command that has to succeed. @returns what it said to people */
export async function say(project: Project, line: string): Promise<string> {
  const { exitCode, stderr, stdout } = await project.quick(line.split(' '));
  expect({ line, exitCode, stderr }).toEqual({ line, exitCode: 0, stderr });
  return stderr + stdout;
}

/** `deploy@1 deploy@2*`: what the registry has, the active versions with a star. */
export function versionsIn(project: Project): string {
  const rows = project.rows('SELECT name, version, is_active FROM payloads ORDER BY name, version');
  return rows
    .map(({ name, version, is_active }) => `${String(name)}@${String(version)}${is_active === 1 ? '*' : ''}`)
    .join(' ');
}
