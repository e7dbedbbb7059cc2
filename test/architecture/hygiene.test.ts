import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'
import { COMMANDS } from '../../src/cli/commands.js'
import { ERRORS } from '../../src/core/errors.js'
import { LIMITS } from '../../src/core/limits.js'
import { filesBelow, lineOf, nodesOf, ROOT, SOURCES } from './source.js'

const MAX_LINES = 300

/** In the tables before what uses them: the next issues. Take a name out once it is used. */
const CODES_TO_COME: ReadonlySet<string> = new Set(['NOT_LINKED', 'LINK_TOO_MANY', 'SLOW_PEER', 'RECORD_INVALID'])
const LIMITS_TO_COME: ReadonlySet<string> = new Set(['invitationMs'])
const COMMANDS_TO_COME: ReadonlySet<string> = new Set(['role'])

/** The whole of what the environment may say. A variable that weakens a check has no place here. */
const VARIABLES: ReadonlySet<string> = new Set([
  'SKEIN_HOME', 'SKEIN_SESSION', 'SKEIN_DEBUG', 'NO_COLOR', 'TERM', 'GIT_CONFIG_GLOBAL', 'XDG_CONFIG_HOME', 'XDG_STATE_HOME', 'LOCALAPPDATA', 'PATH', 'HOME', 'TMUX', 'TMUX_PANE'
])

const shortcutOf = (node: ts.Node): string | null => {
  if (node.kind === ts.SyntaxKind.AnyKeyword) return 'any'
  if (ts.isNonNullExpression(node)) return '!'
  if (ts.isAsExpression(node) && ts.isAsExpression(node.expression) && node.expression.type.kind === ts.SyntaxKind.UnknownKeyword) return 'as unknown as'
  if (ts.isCatchClause(node) && node.block.statements.length === 0) return 'an empty catch'
  if (ts.isExportAssignment(node)) return 'a default export'
  return null
}

const everywhere = (words: RegExp, texts: Iterable<readonly [string, string]>): string[] =>
  [...texts].flatMap(([path, text]) => text.split('\n').flatMap((line, index) => (words.test(line) ? [`${path}:${index + 1} ${line.trim().slice(0, 120)}`] : [])))

/** What git ignores is nobody's to read: measurements and profiles, which do name this machine, and what is installed. */
const IGNORED = /^bench\/(results|node_modules)\//

const published = (): [string, string][] => {
  const below = ['src', 'test', 'docs', 'bench', '.ci'].flatMap(folder => {
    try {
      return filesBelow(folder, /./).map(path => `${folder}/${path}`)
    } catch {
      return []
    }
  })
  return [...below, 'package.json', 'package-lock.json', 'README.md'].filter(path => path !== 'test/architecture/hygiene.test.ts' && !IGNORED.test(path)).flatMap(path => {
    try {
      return [[path, readFileSync(join(ROOT, path), 'utf8')] as [string, string]]
    } catch {
      return []
    }
  })
}

describe('src', () => {
  it('takes no shortcut past the types', () => {
    const found = SOURCES.flatMap(source => [...nodesOf(source.tree)].flatMap(node => (shortcutOf(node) === null ? [] : [`${source.path}:${lineOf(source, node)} ${shortcutOf(node)}`])))
    expect(found).toEqual([])
  })

  it(`has no file of more than ${MAX_LINES} lines`, () => {
    const long = SOURCES.filter(({ text }) => text.split('\n').length - 1 > MAX_LINES)
    expect(long.map(({ path, text }) => `${path}: ${text.split('\n').length - 1}`)).toEqual([])
  })

  it('gives a reason for every limit, and keeps none that nothing asks for', () => {
    const { text } = SOURCES.find(({ path }) => path === 'core/limits.ts') ?? { text: '' }
    const lines = text.split('\n')
    const bare = Object.keys(LIMITS).filter(name => !lines.some(line => line.startsWith(`  ${name}:`) && / \/\/ \S/.test(line)))
    expect(bare).toEqual([])
    const uses = SOURCES.filter(({ path }) => path !== 'core/limits.ts').map(each => each.text).join('\n')
    expect(Object.keys(LIMITS).filter(name => !LIMITS_TO_COME.has(name) && !new RegExp(`LIMITS\\.${name}\\b`).test(uses))).toEqual([])
  })

  it('has a use for every error code', () => {
    const uses = SOURCES.filter(({ path }) => path !== 'core/errors.ts').map(each => each.text).join('\n')
    expect(Object.keys(ERRORS).filter(code => !CODES_TO_COME.has(code) && !uses.includes(`'${code}'`))).toEqual([])
  })

  it('has no switch that weakens a check', () => {
    const texts = SOURCES.map(({ path, text }) => [path, text] as const)
    expect(everywhere(/--(insecure|no-verify|skip-|unsafe|no-check|trust-)|NODE_TLS|SKIP_|UNSAFE_|DISABLE_/, texts)).toEqual([])
    const read = SOURCES.flatMap(({ text }) => [...text.matchAll(/\benv\.([A-Z][A-Z_0-9]+)|\bSKEIN_[A-Z_]+/g)].map(match => match[1] ?? match[0]))
    expect([...new Set(read)].filter(name => !VARIABLES.has(name))).toEqual([])
  })
})

describe('the repository', () => {
  it('names no machine and no registry', () => {
    expect(everywhere(/\/work\/(main|shared|wt)\b|\/root\/|\/tmp\/skein|\/tmp\/bash|https?:\/\/[^/\s"']*(registry|artifactory|nexus|proxy)[^/\s"']*\//i, published())).toEqual([])
  })
})

describe('what is said to try next', () => {
  it('is a command that there is', () => {
    const known = new Set([...COMMANDS.flatMap(({ name, aliases = [] }) => [name, ...aliases]), ...COMMANDS_TO_COME])
    const found = SOURCES.flatMap(source =>
      [...nodesOf(source.tree)].flatMap(node => {
        const isText = ts.isStringLiteralLike(node) || ts.isTemplateHead(node)
        const command = isText ? /^skein ([a-z][a-z-]*)/.exec(node.text)?.[1] : undefined
        const isNext = command !== undefined && (function inNext(each: ts.Node): boolean {
          return (ts.isPropertyAssignment(each) && each.name.getText() === 'next') || (!ts.isFunctionLike(each) && each.parent !== undefined && inNext(each.parent))
        })(node)
        return isNext && command !== undefined && !known.has(command) ? [`${source.path}:${lineOf(source, node)} skein ${command}`] : []
      })
    )
    expect(found).toEqual([])
  })
})
