import { readFileSync } from 'node:fs';
import type { Import } from './read-imports.ts';

interface Layers {
  /** folders of src, the lowest first; those of one layer do not know each other */
  readonly layers: readonly (readonly string[])[];
  /** files above that a folder may know the types of */
  readonly allowedTypeImports: Readonly<Record<string, readonly string[]>>;
  readonly importersOfFolder: Readonly<Record<string, readonly string[]>>;
  /** what runs in a browser knows few of the folders below it, of some the types alone */
  readonly onlyFrom: Readonly<
    Record<string, { readonly values: readonly string[]; readonly types: readonly string[] }>
  >;
  /** every package of the dependencies, and the folders that may import it */
  readonly importersOfPackage: Readonly<Record<string, readonly string[]>>;
}

/** The same file that ESLint reads: the editor shows what this test holds. */
const LAYERS = JSON.parse(readFileSync(new URL('../../../scripts/layers.json', import.meta.url), 'utf8')) as Layers;

/** Imports run downward. */
export function layerProblems(imports: readonly Import[]): string[] {
  return imports
    .filter(isInside)
    .filter((found) => !runsDownward(found))
    .map(describe('which is not below it'));
}

/** Some folders have chosen importers. */
export function folderProblems(imports: readonly Import[]): string[] {
  return imports.filter(isInside).flatMap((found) => {
    const importers = LAYERS.importersOfFolder[folderOf(found.to)];
    const isAllowed = importers === undefined || [...importers, folderOf(found.to)].includes(folderOf(found.from));
    return isAllowed ? [] : [describe(`which only ${importers.join(' and ')} may do`)(found)];
  });
}

/** Some folders import from chosen ones alone. */
export function choiceProblems(imports: readonly Import[]): string[] {
  return imports.filter(isInside).flatMap((found) => {
    const [from, to] = [folderOf(found.from), folderOf(found.to)];
    const choice = LAYERS.onlyFrom[from];
    if (choice === undefined || from === to) return [];
    const isAllowed = [...choice.values, ...(found.isTypeOnly ? choice.types : [])].includes(to);
    const words = `${choice.values.join(', ')} and types of ${choice.types.join(', ')}`;
    return isAllowed ? [] : [describe(`which is none of ${words}`)(found)];
  });
}

/** A package has one home. */
export function packageProblems(imports: readonly Import[]): string[] {
  const outside = imports.filter((found) => !isInside(found) && !found.to.startsWith('node:'));
  return outside.flatMap((found) => {
    const importers = LAYERS.importersOfPackage[packageOf(found.to)];
    if (importers === undefined) return [describe('which has no home in scripts/layers.json')(found)];
    const isHome = importers.some((folder) => found.from.startsWith(`${folder}/`));
    return isHome ? [] : [describe(`which only ${importers.join(' and ')} may do`)(found)];
  });
}

/** No file needs itself to be loaded; a type may point back to where it is used. */
export function cycleProblems(imports: readonly Import[]): string[] {
  const targets = new Map<string, string[]>();
  for (const { from, to } of imports.filter((found) => isInside(found) && !found.isTypeOnly)) {
    targets.set(from, [...(targets.get(from) ?? []), to]);
  }
  const done = new Set<string>();
  const problems: string[] = [];
  const walk = (file: string, path: readonly string[]): void => {
    if (path.includes(file)) problems.push([...path.slice(path.indexOf(file)), file].join(' -> '));
    if (path.includes(file) || done.has(file)) return;
    for (const target of targets.get(file) ?? []) walk(target, [...path, file]);
    done.add(file);
  };
  for (const file of targets.keys()) walk(file, []);
  return problems;
}

function runsDownward({ from, to, isTypeOnly }: Import): boolean {
  const [importer, imported] = [folderOf(from), folderOf(to)];
  if (importer === imported) return true;
  if (isTypeOnly && LAYERS.allowedTypeImports[importer]?.includes(to) === true) return true;
  return layerOf(imported) < layerOf(importer);
}

/** @throws Error for a folder of src that stands in no layer */
function layerOf(folder: string): number {
  const layer = LAYERS.layers.findIndex((folders) => folders.includes(folder));
  if (layer === -1) throw new Error(`src/${folder} stands in no layer of scripts/layers.json`);
  return layer;
}

/** Imports of files end in .ts or .sh; those of packages do not. */
function isInside({ to }: Import): boolean {
  return /\.(ts|sh)$/.test(to);
}

function folderOf(file: string): string {
  return file.split('/')[0] as string;
}

function packageOf(name: string): string {
  return name
    .split('/')
    .slice(0, name.startsWith('@') ? 2 : 1)
    .join('/');
}

function describe(why: string): (found: Import) => string {
  return ({ from, to }) => `src/${from} imports ${to}, ${why}`;
}
