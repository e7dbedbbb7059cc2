import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, it } from 'vitest'
import { COMMANDS } from '../../src/cli/commands.js'
import { answerSchema } from '../../src/control/schemas.js'
import { cliReference, commandLines, helpOf, schemaFile, schemaText } from './reference.js'

const DOCS = fileURLToPath(new URL('../../docs', import.meta.url))
const page = join(DOCS, 'cli.md')
const schemas = join(DOCS, 'schema')
const lines = commandLines(COMMANDS)
const HINT = 'npm run docs writes them anew'

// UPDATE=1 (npm run docs) writes what is compared otherwise
beforeAll(async () => {
  if (process.env.UPDATE === undefined) return
  writeFileSync(page, await cliReference())
  rmSync(schemas, { recursive: true, force: true })
  mkdirSync(schemas, { recursive: true })
  for (const line of lines) writeFileSync(join(schemas, schemaFile(line)), schemaText(line))
})

describe('docs/cli.md', () => {
  it('is what the definitions say', async () => expect(readFileSync(page, 'utf8') === (await cliReference()), HINT).toBe(true))

  it('holds every command with what --help prints', async () => {
    const text = readFileSync(page, 'utf8')
    for (const line of lines) {
      const [usage = '', ...rest] = (await helpOf(line)).split('\n')
      expect(text, line).toContain(usage)
      expect(text, line).toContain(rest.slice(rest.indexOf('Examples:')).join('\n'))
    }
  })
})

describe('docs/schema', () => {
  it('has a file for every command and none besides', () => expect(readdirSync(schemas).sort(), HINT).toEqual(lines.map(schemaFile).sort()))

  it.each(lines)('of %s is what the operation states', line => {
    expect(answerSchema(line), `no schema for ${line}: see src/control/schemas.ts`).not.toBeNull()
    expect(readFileSync(join(schemas, schemaFile(line)), 'utf8') === schemaText(line), HINT).toBe(true)
  })
})
