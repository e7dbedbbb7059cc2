import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

export const ROOT = fileURLToPath(new URL('../..', import.meta.url))

export interface Import {
  /** As it is written: `node:fs`, `yjs`, `../core/limits.js`. */
  readonly from: string
  /** The file of this repository that it names, without the folder `src/`; null for a package. */
  readonly file: string | null
  readonly typeOnly: boolean
}

/** One TypeScript file below `src`, parsed. */
export interface Source {
  /** Relative to `src`, with `/`. */
  readonly path: string
  readonly text: string
  readonly tree: ts.SourceFile
  readonly imports: readonly Import[]
}

const specifierOf = (node: ts.Node): { from: string; typeOnly: boolean } | null => {
  if (ts.isImportDeclaration(node) && ts.isStringLiteral(node.moduleSpecifier)) {
    const bindings = node.importClause?.namedBindings
    const named = bindings !== undefined && ts.isNamedImports(bindings) ? bindings.elements : []
    const onlyTypes = named.length > 0 && node.importClause?.name === undefined && named.every(element => element.isTypeOnly)
    return { from: node.moduleSpecifier.text, typeOnly: node.importClause?.isTypeOnly === true || onlyTypes }
  }
  if (ts.isExportDeclaration(node) && node.moduleSpecifier !== undefined && ts.isStringLiteral(node.moduleSpecifier)) return { from: node.moduleSpecifier.text, typeOnly: node.isTypeOnly }
  const [first] = ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword ? node.arguments : []
  return first !== undefined && ts.isStringLiteral(first) ? { from: first.text, typeOnly: false } : null
}

/** Every node of a file, parents before children. */
export function* nodesOf(node: ts.Node): Generator<ts.Node> {
  yield node
  for (const child of node.getChildren()) yield* nodesOf(child)
}

/** The line on which a node begins, from 1. */
export const lineOf = (source: Source, node: ts.Node): number => source.tree.getLineAndCharacterOfPosition(node.getStart(source.tree)).line + 1

export const filesBelow = (folder: string, ending: string | RegExp): string[] =>
  readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile() && (typeof ending === 'string' ? entry.name.endsWith(ending) : ending.test(entry.name)))
    .map(entry => relative(join(ROOT, folder), join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
    .filter(path => !path.includes('node_modules/'))
    .sort()

const parse = (path: string): Source => {
  const text = readFileSync(join(ROOT, 'src', path), 'utf8')
  const tree = ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true)
  const imports: Import[] = []
  for (const node of nodesOf(tree)) {
    const found = specifierOf(node)
    if (found === null) continue
    const file = found.from.startsWith('.') ? relative(join(ROOT, 'src'), resolve(ROOT, 'src', dirname(path), found.from)).replace(/\.js$/, '.ts') : null
    imports.push({ ...found, file })
  }
  return { path, text, tree, imports }
}

/** Everything below `src`. */
export const SOURCES: readonly Source[] = filesBelow('src', '.ts').map(parse)

/** The top folder that a file lies in; the file itself where it lies in none. */
export const layerOf = (path: string): string => path.split('/')[0] ?? path
