import { execFileSync } from 'node:child_process'
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { homePaths, readHome } from '../../src/host/home.js'
import { eventually } from '../support/cli.js'
import { TestMesh } from '../support/mesh.js'
import { patientMs } from '../support/patience.js'

const mesh = new TestMesh()
const READING = [['claims'], ['peers'], ['status'], ['whoami']]
const WRITING = [['claim', '@x'], ['up'], ['invite']]

/** Runs each command, and expects the one named error of all of them: soon, with its exit code, and without a stack. */
const allSay = async (name: string, commands: readonly (readonly string[])[], code: string, exit = 4): Promise<void> => {
  for (const args of commands) {
    const { code: exited, envelope, stderr, ms } = await mesh.json(name, args)
    expect([args[0], exited, envelope.ok ? 'ok' : envelope.error.code]).toEqual([args[0], exit, code])
    expect(`${stderr}${JSON.stringify(envelope)}`).not.toMatch(/\bat .*\.js:\d/)
    expect(stderr).toBe('')
    expect(ms, args.join(' ')).toBeLessThan(patientMs(2_000))
  }
}

const init = (name: string): readonly string[] => ['init', '--name', name.replace(/\W/g, ''), '--no-passphrase', '--listen', '127.0.0.1:0']

const mounted: string[] = []

/** A folder on a file system of its own, or null where this user may not mount. */
const mount = (path: string): string | null => {
  try {
    mkdirSync(path, { recursive: true })
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=128m', 'tmpfs', path], { stdio: 'ignore' })
    mounted.push(path)
    return path
  } catch {
    return null
  }
}

beforeAll(() => mesh.found('good'))

afterAll(async () => {
  for (const path of mounted) execFileSync('umount', ['-l', path], { stdio: 'ignore' })
  await mesh.end()
})

describe('a home', () => {
  it('that is not there', async () => {
    await allSay('none', [...READING, ...WRITING, ['down'], ['sync'], ['sessions'], ['leave', '--yes'], ['invite', 'list']], 'NO_HOME')
    expect(existsSync(mesh.home('none'))).toBe(false)
  })

  it('below a regular file cannot be made', async () => {
    writeFileSync(mesh.home('file'), 'a file')
    await allSay('file/home', [init('h')], 'HOME_UNWRITABLE')
    await allSay('file/home', [...READING, ...WRITING], 'NO_HOME')
    expect(readFileSync(mesh.home('file'), 'utf8')).toBe('a file')
  })

  const readOnly = mount(`${mesh.folder.path}/mounted`)

  it.skipIf(readOnly === null)('on a file system that became read-only: what reads is answered, what writes names it, nothing is lost', async () => {
    await mesh.must('mounted/home', init('ro'))
    await mesh.must('mounted/home', ['claim', '@before'])
    execFileSync('mount', ['-o', 'remount,ro', readOnly ?? ''])
    // what is there is read, and the exit code says that it is not as it should be
    await allSay('mounted/home', READING, 'ok')
    await allSay('mounted/home', WRITING, 'HOME_UNWRITABLE')
    await allSay('mounted/other', [init('h')], 'HOME_UNWRITABLE')
    execFileSync('mount', ['-o', 'remount,rw', readOnly ?? ''])
    expect((await mesh.must('mounted/home', ['claims'])).stdout).toContain('@before')
  }, 60_000)

  it('whose path is too long for a socket is refused before anything is written', async () => {
    const long = 'l'.repeat(100)
    await allSay(long, [init('long')], 'HOME_PATH_TOO_LONG')
    expect(existsSync(mesh.home(long))).toBe(false)
    // one that was moved there
    cpSync(mesh.home('good'), mesh.home(long), { recursive: true })
    await allSay(long, [...READING, ...WRITING, ['down']], 'HOME_PATH_TOO_LONG')
  })

  it('with spaces and other people\'s letters in its path does all that another does', async () => {
    const name = 'hôme mit Leer 家 $x'
    await mesh.must(name, ['init', '--name', 'odd', '--no-passphrase', '--listen', '127.0.0.1:0'])
    await mesh.up(name)
    await mesh.must(name, ['claim', '@here', '--reason', 'ein Wort'])
    await mesh.join('guest', await mesh.invite(name))
    expect((await mesh.must('guest', ['claims'])).stdout).toContain('@here')
    await mesh.down(name)
    expect((await mesh.must(name, ['claims'])).stdout).toContain('@here')
  })

  it('of a newer version is refused and not touched', async () => {
    cpSync(mesh.home('good'), mesh.home('newer'), { recursive: true })
    const { settings } = homePaths(mesh.home('newer'))
    writeFileSync(settings, readFileSync(settings, 'utf8').replace('"version": 1', '"version": 2'))
    const [text, store] = [readFileSync(settings, 'utf8'), statSync(`${mesh.home('newer')}/store`).mtimeMs]
    await allSay('newer', [...READING, ...WRITING, ['down']], 'HOME_NEWER')
    expect(readFileSync(settings, 'utf8')).toBe(text)
    expect(statSync(`${mesh.home('newer')}/store`).mtimeMs).toBe(store)
  })

  it('whose settings are garbled says so', async () => {
    cpSync(mesh.home('good'), mesh.home('garbled'), { recursive: true })
    const { settings } = homePaths(mesh.home('garbled'))
    for (const text of ['', '{"version":1', '{"version":1,"mesh":7}', 'null']) {
      writeFileSync(settings, text)
      await allSay('garbled', [['claims'], ['up']], 'HOME_DAMAGED')
    }
  })

  it('whose key others can read is refused, with the line that mends it', async () => {
    cpSync(mesh.home('good'), mesh.home('open'), { recursive: true })
    const key = `${mesh.home('open')}/host.key`
    chmodSync(key, 0o644)
    await allSay('open', [...READING, ['claim', '@x'], ['up']], 'KEY_MODE')
    const { envelope } = await mesh.json('open', ['claims'])
    expect(envelope.error.message).toContain('0644')
    const [line = ''] = envelope.next
    expect(line).toMatch(/^chmod 600 /)
    execFileSync('sh', ['-c', line])
    await mesh.must('open', ['claims'])
    chmodSync(`${mesh.home('open')}/operator.key`, 0o640)
    await allSay('open', [['invite']], 'KEY_MODE')
  })

  it('that is there already is not made again', async () => {
    await allSay('good', [init('good')], 'HOME_EXISTS')
  })
})

describe('a port that another program has', () => {
  it('is named, and another one can be chosen and is kept', async () => {
    const { listen } = settingsOf('good')
    const other = createServer()
    other.listen(listen.port, listen.host)
    await once(other, 'listening')
    try {
      // on a busy machine the first answer may be that it is starting
      const { code, envelope } = await eventually(() => mesh.json('good', ['up']), answer => !answer.envelope.ok)
      expect([code, envelope.error.code, envelope.error.details.address]).toEqual([4, 'PORT_TAKEN', `${listen.host}:${listen.port}`])
      expect(mesh.pidOf('good')).toBeNull()
      await mesh.up('good', ['--listen', '127.0.0.1:0', '--advertise', 'mac.example:4747'])
      const moved = settingsOf('good')
      expect(moved.listen.port).not.toBe(listen.port)
      expect(moved.advertise).toEqual(['wss://mac.example:4747'])
      const again = await mesh.json('good', ['up', '--listen', '127.0.0.1:0'])
      expect([again.code, again.envelope.error.code, again.envelope.next]).toEqual([2, 'USAGE', ['skein down']])
    } finally {
      other.close()
    }
  })
})

const settingsOf = (name: string) => {
  const home = readHome(mesh.home(name))
  if (!home.ok) throw new Error(home.failure.message)
  return home.value.settings
}
