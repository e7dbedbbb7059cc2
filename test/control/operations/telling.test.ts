import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { temporaryFolder } from '../../support/cli.js'
import { Desk, type Answer } from '../../support/desk.js'
import { openDesks, type Desks } from '../../support/desks.js'
import { makeRepository } from '../../support/home.js'

const folder = temporaryFolder()
const tree = join(folder.path, 'app')
let mac: Desk

beforeAll(async () => {
  mac = await Desk.open(join(folder.path, 'h'), makeRepository(tree))
  await mac.run('setup', ['repo', 'add'])
})
afterAll(async () => {
  await mac.close()
  folder.remove()
})

const said = ({ envelope }: Answer): (readonly [code: string, holder: unknown, sameTree: unknown])[] => envelope.warnings.map(({ code, details }) => [code, details.holder, details.same_tree])
const git = (...args: string[]) => execFileSync('git', args, { cwd: tree, stdio: 'ignore' })

interface Side {
  run(...words: string[]): Promise<Answer>
}

interface Setting {
  readonly first: Side
  readonly second: Side
  /** What one says has reached the other. */
  level(): Promise<void>
}

/** The script of must show 3: one session holds a folder, another edits two files in it, each twice. What the second is told of each edit. */
const script = async ({ first, second, level }: Setting, folderName: string) => {
  await first.run('claim', `${folderName}/**`, '--reason', 'rewrite')
  await level()
  const edits: Answer[] = []
  for (const file of ['a.ts', 'a.ts', 'b.ts', 'a.ts', 'b.ts']) edits.push(await second.run('claim', `${folderName}/${file}`))
  await second.run('release', `${folderName}/a.ts`)
  edits.push(await second.run('claim', `${folderName}/a.ts`))
  await level()
  const strict = await second.run('claim', `${folderName}/c.ts`, '--strict')
  const sameTreeOnly = await second.run('claim', `${folderName}/c.ts`, '--strict-same-tree')
  return { told: edits.map(said), texts: edits.flatMap(({ envelope }) => envelope.warnings.map(({ text }) => text)), strict: strict.code, sameTreeOnly: sameTreeOnly.code, back: [said(await first.run('claims', '--mine')), said(await first.run('claims', '--mine'))] }
}

const onDesk = (desk: Desk, session: string, cwd?: string): Side => ({ run: (...words) => desk.run(session, words, cwd === undefined ? {} : { cwd }) })
const atOnce = () => Promise.resolve()

describe('one script in three settings', () => {
  it('same tree: each file is news once, what one writes will be overwritten, and both kinds of strict refuse', async () => {
    const came = await script({ first: onDesk(mac, 'one'), second: onDesk(mac, 'two'), level: atOnce }, 'same')
    const warning = ['CLAIM_OVERLAP', 'mac/one', true]
    expect(came.told).toEqual([[warning], [], [warning], [], [], []])
    for (const text of came.texts) expect(text).toMatch(/in the same work tree, branch main; this host\. Both cover same\/[ab]\.ts: what one writes will be overwritten by the other\. Their claim leads\./)
    expect([came.strict, came.sameTreeOnly]).toEqual([1, 1])
    expect(came.back).toEqual([[['CLAIM_CROSSING', 'mac/two', true], ['CLAIM_CROSSING', 'mac/two', true]], []])
  })

  it('two work trees on two branches: one line for the whole claim, and only plain strict refuses', async () => {
    git('worktree', 'add', '-q', '-b', 'other', join(folder.path, 'second'))
    const came = await script({ first: onDesk(mac, 'three'), second: onDesk(mac, 'four', join(folder.path, 'second')), level: atOnce }, 'trees')
    expect(came.told).toEqual([[['CLAIM_OVERLAP', 'mac/three', false]], [], [], [], [], []])
    expect(came.texts).toEqual([expect.stringMatching(/in another work tree, branch main; this host\. Both cover trees\/a\.ts: the changes will have to be merged\. Their claim leads\./)])
    expect(came.texts[0]).not.toContain('\n')
    expect([came.strict, came.sameTreeOnly]).toEqual([1, 0])
    expect(came.back[0]?.[0]).toEqual(['CLAIM_CROSSING', 'mac/four', false])
    expect(came.back[1]).toEqual([])
  })

  it('two hosts: as two work trees, and with when the other was heard', async () => {
    const two: Desks = await openDesks(join(folder.path, 'pair'))
    try {
      const came = await script({ first: onDesk(two.mac, 'five'), second: onDesk(two.box, 'six'), level: two.level }, 'hosts')
      expect(came.told.map(each => each.filter(([code]) => code !== 'REPOSITORY_ENROLLED'))).toEqual([[['CLAIM_OVERLAP', 'mac/five', false]], [], [], [], [], []])
      expect(came.texts.at(-1)).toMatch(/in another work tree, branch main; heard .* ago\. Both cover hosts\/a\.ts: the changes will have to be merged\./)
      expect([came.strict, came.sameTreeOnly]).toEqual([1, 0])
    } finally {
      await two.close()
    }
  })
})

describe('what was told', () => {
  it('is told again when the lead changes, and not when a claim comes anew', async () => {
    await mac.run('lead-1', ['claim', 'again/**'])
    expect(said(await mac.run('lead-2', ['claim', 'again/x.ts']))).toEqual([['CLAIM_OVERLAP', 'mac/lead-1', true]])
    mac.advance(40 * 60_000)
    await mac.run('lead-2', ['claims'])
    // the other's claim has lapsed; taken up again it stands behind
    const back = await mac.run('lead-1', ['claims'])
    expect(back.envelope.warnings).toMatchObject([{ code: 'CLAIM_CROSSING', text: expect.stringContaining('Their claim leads.') }])
    expect((await mac.run('lead-2', ['claims'])).envelope.warnings).toMatchObject([{ code: 'CLAIM_CROSSING', text: expect.stringContaining('Your claim leads.') }])
    for (const session of ['lead-1', 'lead-2']) expect(said(await mac.run(session, ['claims']))).toEqual([])
    for (const session of ['lead-1', 'lead-2']) await mac.run(session, ['release', '--all'])
    expect([...mac.host.replica.notes.keys()].filter(key => key.startsWith('told/lead-'))).toEqual([])
  })

  it('of a name is told whichever tree it is held from, and both kinds of strict refuse it', async () => {
    await mac.run('name-1', ['claim', '@deploy'])
    const second = join(folder.path, 'second')
    expect((await mac.run('name-2', ['claim', '@deploy', '--strict-same-tree'], { cwd: second })).code).toBe(1)
    const held = await mac.run('name-2', ['claim', '@deploy'], { cwd: second })
    expect(held.envelope.warnings).toMatchObject([{ code: 'CLAIM_OVERLAP', text: expect.stringMatching(/Both cover @deploy\. Their claim leads\./) }])
    for (const session of ['name-1', 'name-2']) await mac.run(session, ['release', '--all'])
  })
})

describe('nobody is warned', () => {
  const both = async (held: string, asked: string, run: string): Promise<readonly unknown[]> => {
    await mac.run(`${run}-1`, ['claim', held])
    const answer = await mac.run(`${run}-2`, ['claim', asked])
    const sent = await mac.run(`${run}-2`, ['intent', 'to change it', '--scope', asked])
    const back = await mac.run(`${run}-1`, ['claims', '--mine'])
    expect(answer.envelope.data.overlap_count, 'the answer still names the holder').toBe(1)
    for (const session of [1, 2]) await mac.run(`${run}-${session}`, ['release', '--all'])
    return [answer, sent, back].map(each => said(each).filter(([code]) => code !== 'INTENT_CONCURRENT').length)
  }

  it.each([
    ['package-lock.json', 'package-lock.json', 0],
    ['packages/ui/yarn.lock', 'packages/**', 0],
    ['**/CHANGELOG.md', 'packages/*', 0],
    ['test/__snapshots__', 'test/__snapshots__/a.snap', 0],
    ['packages/**', 'packages/ui', 1],
    ['package*', 'package-lock.json', 0],
    ['package*', '*.json', 1]
  ])('of %s and %s: %i each', async (held, asked, count) => {
    expect(await both(held, asked, `q${held}${asked}`.replace(/\W/g, ''))).toEqual([count, count, count])
  })

  it('of what git ignores, and is of what it does not', async () => {
    writeFileSync(join(tree, '.gitignore'), 'dist/\n*.log\n')
    expect(await both('dist/**', 'dist/main.js', 'i1')).toEqual([0, 0, 0])
    expect(await both('**', 'build.log', 'i2')).toEqual([0, 0, 0])
    expect(await both('dist2/**', 'dist2/main.js', 'i3')).toEqual([1, 1, 1])
    expect(await both('**/*.log', 'sub/**', 'i4')).toEqual([1, 1, 1])
  })

  it('of what the repository says is quiet, in place of the usual or beside it', async () => {
    writeFileSync(join(tree, '.skein.json'), JSON.stringify({ quiet: ['gen/**'] }))
    expect(await both('gen/a.ts', 'gen/**', 's1')).toEqual([0, 0, 0])
    expect(await both('yarn.lock', 'yarn.lock', 's2')).toEqual([1, 1, 1])
    writeFileSync(join(tree, '.skein.json'), JSON.stringify({ quiet: ['@default', 'gen/**'] }))
    expect(await both('yarn.lock', 'yarn.lock', 's3')).toEqual([0, 0, 0])
    for (const wrong of ['src/[', '@other', 'branch:main']) {
      writeFileSync(join(tree, '.skein.json'), JSON.stringify({ quiet: [wrong] }))
      expect((await mac.run('s4', ['claim', 'x'])).envelope.error).toMatchObject({ code: 'FIELD_INVALID', field: '.skein.json: quiet: 0' })
    }
    writeFileSync(join(tree, '.skein.json'), '{}')
  })

  it('of one quiet path, and is of the rest of the same claim', async () => {
    await mac.run('part-1', ['claim', 'lib/**', 'yarn.lock'])
    expect(said(await mac.run('part-2', ['claim', 'yarn.lock']))).toEqual([])
    expect((await mac.run('part-2', ['claim', 'lib/a.ts', 'yarn.lock'])).envelope.warnings).toMatchObject([{ details: { witness: 'lib/a.ts' } }])
  })
})
