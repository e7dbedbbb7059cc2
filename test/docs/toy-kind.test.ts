import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { temporaryFolder } from '../support/cli.js'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const folder = temporaryFolder()
const TOUCHED = ['src/core', 'test/core/coordination/records/samples.ts', 'test/e2e/vocabulary.test.ts']

type Drafts = typeof import('../../src/core/coordination/records/draft.js')
type Records = typeof import('../../src/core/coordination/records/record.js')
type Kinds = typeof import('../../src/core/coordination/records/kinds.js')

const copied = async <Module>(name: string): Promise<Module> => (await import(join(folder.path, 'src/core/coordination/records', `${name}.ts`))) as Module

beforeAll(() => {
  for (const path of TOUCHED) {
    mkdirSync(dirname(join(folder.path, path)), { recursive: true })
    cpSync(join(ROOT, path), join(folder.path, path), { recursive: true })
  }
  const [, diff = ''] = /```diff\n([^]*?)```/.exec(readFileSync(join(ROOT, 'docs/architecture.md'), 'utf8')) ?? []
  // where it does not apply any more the change has to be made anew, and `git diff -U1` of it put into the page
  execFileSync('git', ['apply', '--unidiff-zero', '-'], { cwd: folder.path, input: diff, env: { ...process.env, GIT_CEILING_DIRECTORIES: dirname(folder.path) } })
})
afterAll(() => folder.remove())

describe('the kind that docs/architecture.md adds', () => {
  it('is known, can be sent, is read back and reads as a line, by what the page changes and nothing else', async () => {
    const [{ checkDraft, checkSendable }, { formRecord, parseRecord }, { KIND_NAMES, kindSpec }] = await Promise.all([copied<Drafts>('draft'), copied<Records>('record'), copied<Kinds>('kinds')])
    expect(KIND_NAMES).toContain('hunch')
    expect(checkSendable('hunch').ok).toBe(true)
    const fields = { text: 'the cache is stale', percent: 70 }
    expect(checkDraft('hunch', fields)).toEqual({ ok: true, value: fields })
    expect(checkDraft('hunch', { text: 'x', percent: 101 })).toMatchObject({ ok: false, failure: { code: 'FIELD_INVALID', field: 'percent' } })
    const text = formRecord({ kind: 'hunch', session: 'claude-1' as Parameters<typeof formRecord>[0]['session'], stamp: [1_795_183_200_000, 0], offset: 0, fields })
    expect(text.ok && parseRecord(text.value)).toMatchObject({ type: 'valid', record: { kind: 'hunch', fields } })
    expect(kindSpec('hunch')?.prose(fields, { host: id => id, record: id => id })).toBe('guesses: "the cache is stale" (70 %)')
  })
})
