import { readFileSync, readdirSync } from 'node:fs';

/**
 * The licenses of every package of which code stands in the bundle: most of them ask to be kept with each copy.
 * @param {string} root folder that holds node_modules
 * @param {string[]} inputs paths of the bundled files, relative to root
 * @returns {string}
 * @throws Error for a package that names no license at all
 */
export function thirdPartyLicenses(root, inputs) {
  const folders = new Set(inputs.flatMap(packageFolder));
  const texts = [...folders].sort().map((folder) => licenseOf(`${root}/${folder}`));
  return ['dist/ contains code of these packages.', ...new Set(texts)].join(`\n\n${'-'.repeat(80)}\n\n`) + '\n';
}

/** `node_modules/a/node_modules/@b/c/lib/x.js` belongs to `node_modules/a/node_modules/@b/c`. */
function packageFolder(file) {
  const match = /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file);
  return match === null ? [] : [match[0]];
}

function licenseOf(folder) {
  const { name, version, license } = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8'));
  const file = readdirSync(folder).find((entry) => /^licen[cs]e(\.|$)/i.test(entry));
  if (file === undefined && license === undefined) throw new Error(`${name} in ${folder} names no license`);
  const text = file === undefined ? `License: ${license}` : readFileSync(`${folder}/${file}`, 'utf8').trim();
  return `${name} ${version}\n\n${text}`;
}
