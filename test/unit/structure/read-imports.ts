import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

/** One import statement, `export … from` or `import()` of a source file. */
export interface Import {
  /** the importing file, relative to src, e.g. `run/attempt.ts` */
  readonly from: string;
  /** what it imports: a file relative to src, a package name with its subpath, or `node:…` */
  readonly to: string;
  /** `import type` and `export type`: gone when compiled */
  readonly isTypeOnly: boolean;
}

/** All imports of all TypeScript files below `src`. */
export function readImports(src: string): Import[] {
  const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
  return files.sort().flatMap((file) => importsOf(file, readFileSync(join(src, file), 'utf8')));
}

/** The imports of one file, in the order in which they stand. */
export function importsOf(file: string, text: string): Import[] {
  const found: Import[] = [];
  const visit = (node: ts.Node): void => {
    const target = targetOf(node);
    if (target !== null) found.push({ from: file, to: resolve(file, target), isTypeOnly: isTypeOnly(node) });
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(file, text, ts.ScriptTarget.ES2022));
  return found;
}

function targetOf(node: ts.Node): string | null {
  const target = specifierOf(node);
  return target !== undefined && ts.isStringLiteralLike(target) ? target.text : null;
}

function specifierOf(node: ts.Node): ts.Node | undefined {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return node.moduleSpecifier;
  if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) return node.arguments[0];
  return ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument) ? node.argument.literal : undefined;
}

function isTypeOnly(node: ts.Node): boolean {
  if (ts.isImportDeclaration(node)) return node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword;
  return ts.isImportTypeNode(node) || (ts.isExportDeclaration(node) && node.isTypeOnly);
}

function resolve(file: string, target: string): string {
  return target.startsWith('.') ? join(file, '..', target) : target;
}
