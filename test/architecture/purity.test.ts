import ts from 'typescript'
import { describe, expect, it } from 'vitest'
import { layerOf, lineOf, nodesOf, SOURCES, type Source } from './source.js'

const GLOBALS: ReadonlySet<string> = new Set([
  'process', 'console', 'setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask', 'performance', 'fetch', 'crypto', 'globalThis', 'Buffer', 'require', 'Promise'
])
const MEMBERS: ReadonlySet<string> = new Set(['Date.now', 'Math.random'])

const isUse = (node: ts.Identifier): boolean => {
  const { parent } = node
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === node
  const isName = 'name' in parent && parent.name === node
  return !isName && !ts.isQualifiedName(parent) && !ts.isImportSpecifier(parent) && !ts.isTypeReferenceNode(parent)
}

/** A name that this file declares for itself is not the global one. */
const declaredIn = (source: Source): ReadonlySet<string> => {
  const names = new Set<string>()
  for (const node of nodesOf(source.tree)) {
    const declares = ts.isVariableDeclaration(node) || ts.isParameter(node) || ts.isBindingElement(node) || ts.isImportSpecifier(node) || ts.isFunctionDeclaration(node)
    if (declares && node.name !== undefined && ts.isIdentifier(node.name)) names.add(node.name.text)
  }
  return names
}

const faultOf = (node: ts.Node, declared: ReadonlySet<string>): string | null => {
  if (node.kind === ts.SyntaxKind.AsyncKeyword || ts.isAwaitExpression(node)) return 'async'
  if (ts.isPropertyAccessExpression(node) && MEMBERS.has(node.getText())) return node.getText()
  if (ts.isNewExpression(node) && node.expression.getText() === 'Date' && (node.arguments?.length ?? 0) === 0) return 'new Date()'
  if (ts.isIdentifier(node) && GLOBALS.has(node.text) && !declared.has(node.text) && isUse(node)) return node.text
  return null
}

describe('core', () => {
  it('has no clock, no randomness, no async, no console and nothing of the platform', () => {
    const found: string[] = []
    for (const source of SOURCES.filter(({ path }) => layerOf(path) === 'core')) {
      const declared = declaredIn(source)
      for (const node of nodesOf(source.tree)) {
        const fault = faultOf(node, declared)
        if (fault !== null) found.push(`${source.path}:${lineOf(source, node)} ${fault}`)
      }
    }
    expect(found).toEqual([])
  })
})
