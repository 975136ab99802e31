import type { Manifest, PayloadFile } from '../model/payload.ts';
import { formatMode } from '../util/format.ts';
import { quoteText } from './quote-text.ts';

/**
 * Writes a manifest as YAML: a line a field, a line a file, every text in JSON quotes. By hand, as the yaml package
 * takes longer to load than a small payload takes to pack; `parseManifest` reads it back with that package.
 */
export function formatManifest(manifest: Manifest): string {
  const lines = [
    `version: ${quoteText(manifest.version)}`,
    `interpreter: ${list(manifest.interpreter)}`,
    `entrypoint: ${quoteText(manifest.entrypoint)}`,
    `environment: ${list(manifest.environment)}`,
    manifest.files.length === 0 ? 'files: []' : 'files:',
    ...manifest.files.map((file) => `  - ${formatFile(file)}`),
    'metadata:',
    `  name: ${quoteText(manifest.metadata.name)}`,
  ];
  return `${lines.join('\n')}\n`;
}

function formatFile(file: PayloadFile): string {
  const path = `path: ${quoteText(file.path)}`;
  switch (file.type) {
    case 'file':
      return `{ type: file, ${path}, size_bytes: ${file.sizeBytes}, mode: ${octal(file.mode)}, sha256: ${quoteText(file.sha256)} }`;
    case 'directory':
      return `{ type: directory, ${path}, mode: ${octal(file.mode)} }`;
    case 'link':
      return `{ type: link, ${path}, target: ${quoteText(file.target)} }`;
  }
}

function list(texts: readonly string[]): string {
  return `[${texts.map(quoteText).join(', ')}]`;
}

/** In quotes, as readers of YAML 1.1 and 1.2 disagree about what a bare 0644 is. */
function octal(mode: number): string {
  return quoteText(formatMode(mode));
}
