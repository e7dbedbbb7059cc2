import { cpSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { openLevelStore } from '../../../src/adapters/level/open.js'
import { FolderWitness, stateFolder } from '../../../src/adapters/system/witness.js'
import { placeOf } from '../../../src/control/adapters.js'
import { temporaryFolder } from '../../support/cli.js'

const folder = temporaryFolder()
afterAll(() => folder.remove())

const EPOCH = '00000001aaaaaaaaaaaaaaaa'
const NEXT = '00000002bbbbbbbbbbbbbbbb'

describe('a witness in a folder', () => {
  it('knows the highest number of each epoch, in the next process too', async () => {
    const path = join(folder.path, 'witness')
    const witness = new FolderWitness(path)
    expect(await witness.read()).toEqual(new Map())
    for (let seq = 0; seq <= 1_000; seq++) witness.note(EPOCH, seq)
    witness.note(NEXT, 3)
    witness.note(EPOCH, 7)
    await witness.close()
    expect(await new FolderWitness(path).read()).toEqual(new Map([[EPOCH, 1_000], [NEXT, 3]]))
    expect(witness.failure).toBeNull()
    expect(statSync(join(path, EPOCH)).mode & 0o777).toBe(0o600)
  })

  it('makes no folder before there is something to remember', async () => {
    const path = join(folder.path, 'nothing')
    const witness = new FolderWitness(path)
    await witness.read()
    await witness.close()
    expect(readdirSync(folder.path)).not.toContain('nothing')
  })

  it('knows nothing where its files were cut or changed', async () => {
    const path = join(folder.path, 'changed')
    mkdirSync(path)
    for (const [name, text] of [[EPOCH, ''], [NEXT, '9'.repeat(40)], ['notes.txt', '0000000000000001\n']] as const) writeFileSync(join(path, name), text)
    expect(await new FolderWitness(path).read()).toEqual(new Map())
  })

  it('that cannot be kept says so and stops nothing', async () => {
    const path = join(folder.path, 'file')
    writeFileSync(path, 'in the way')
    const witness = new FolderWitness(join(path, 'witness'))
    await witness.read()
    witness.note(EPOCH, 1)
    await witness.close()
    expect(witness.failure).toMatch(/ENOTDIR/)
  })

  it('lies where each system keeps such things', () => {
    expect(stateFolder({ XDG_STATE_HOME: '/state' }, 'linux', '/home/me')).toBe('/state/skein')
    expect(stateFolder({ XDG_STATE_HOME: 'not/absolute' }, 'linux', '/home/me')).toBe('/home/me/.local/state/skein')
    expect(stateFolder({}, 'darwin', '/Users/me')).toBe('/Users/me/Library/Application Support/skein')
  })
})

describe('the place of a store', () => {
  const differing = async (change: (home: string) => void, name: string): Promise<string[]> => {
    const home = join(folder.path, name)
    const opened = await openLevelStore(join(home, 'store'), { create: true, minFreeBytes: 0 })
    if (!opened.ok) throw new Error(opened.failure.message)
    await opened.value.close()
    const before = await placeOf(join(home, 'store'))
    change(home)
    const after = await placeOf(join(home, 'store'))
    return [...after].filter(([fact, value]) => before.get(fact) !== value).map(([fact]) => fact).sort()
  }

  it('is the same after a start, and after its home was moved away and back', async () => {
    expect(await differing(() => undefined, 'kept')).toEqual([])
    expect(await differing(home => {
      renameSync(home, `${home}-away`)
      renameSync(`${home}-away`, home)
    }, 'moved')).toEqual([])
  })

  it('is another one where a backup was laid over it, or a copy put in its place', async () => {
    const over = await differing(home => {
      cpSync(home, `${home}-backup`, { recursive: true, preserveTimestamps: true })
      cpSync(`${home}-backup`, home, { recursive: true, preserveTimestamps: true })
    }, 'over')
    expect(over).toContain('ctime')
    const anew = await differing(home => {
      cpSync(home, `${home}-backup`, { recursive: true, preserveTimestamps: true })
      rmSync(home, { recursive: true })
      cpSync(`${home}-backup`, home, { recursive: true, preserveTimestamps: true })
    }, 'anew')
    expect(anew).toContain('ctime')
  })
})
