import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { connect, type Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { LIMITS } from '../../src/core/limits.js'
import { homePaths } from '../../src/host/home.js'
import { BIN, eventually } from '../support/cli.js'
import { TestMesh } from '../support/mesh.js'

const mesh = new TestMesh()
const init = (name: string): readonly string[] => ['init', '--name', name, '--no-passphrase', '--listen', '127.0.0.1:0']

/** Runs `skein …` on a home and kills it as soon as this part of the home is there. Gives whether it was killed before it ended. */
const killedAt = (name: string, part: string, args: readonly string[]): Promise<boolean> =>
  new Promise(resolve => {
    const home = mesh.home(name)
    const child = spawn(process.execPath, [BIN, ...args], { stdio: 'ignore', env: { PATH: process.env.PATH, HOME: mesh.folder.path, SKEIN_HOME: home } })
    let ended = false
    child.on('close', (_code, signal) => {
      ended = true
      resolve(signal === 'SIGKILL')
    })
    const look = (): void => {
      if (existsSync(join(home, part))) child.kill('SIGKILL')
      else if (!ended) setImmediate(look)
    }
    look()
  })

beforeAll(async () => {
  await mesh.found('a')
  await mesh.up('a')
})
afterAll(() => mesh.end())

describe('what a killed command left half made stands in nobody\'s way', () => {
  it.each(['making', 'operator.key', 'host.key', 'home.json', 'store/store.json'])('init, killed at %s', async part => {
    const name = `i-${part.replace(/\W/g, '')}`
    const killed = await killedAt(name, part, init(name))
    if (killed) {
      await mesh.must(name, init(name))
    }
    expect((await mesh.json(name, ['whoami'])).envelope.ok).toBe(true)
    expect(readdirSync(mesh.home(name)).sort()).toEqual(['home.json', 'host.key', 'log', 'operator.key', 'run', 'store'])
  })

  it.each(['making', 'host.key', 'home.json', 'store/store.json', 'run/holder.json'])('join with an invitation for one, killed at %s', async part => {
    const name = `j-${part.replace(/\W/g, '')}`
    const token = await mesh.invite('a')
    const args = ['join', token, '--name', name, '--listen', '127.0.0.1:0']
    await killedAt(name, part, args)
    const again = await mesh.json(name, args)
    // an answer that was on its way when it was killed: it is in already
    if (!again.envelope.ok) expect(again.envelope.error.message).toContain('belongs to mesh work already')
    const { envelope } = await mesh.json('a', ['status'])
    expect((envelope.data.hosts as { name: string }[]).filter(host => host.name === name)).toHaveLength(1)
    expect(readdirSync(mesh.home(name)).sort()).toEqual(['home.json', 'host.key', 'log', 'run', 'store'])
  })

  it('a home that was being put in the place of an untouched one', async () => {
    const { folder } = homePaths(mesh.home('p'))
    await mesh.found('p')
    await mesh.join('q', await mesh.invite('a'))
    // as it lies where the process was killed between the first file and the last
    renameSync(mesh.home('q'), join(folder, '.new'))
    renameSync(join(folder, '.new', 'host.key'), join(folder, 'host.key'))
    renameSync(join(folder, 'home.json'), join(folder, '.new', 'old.json'))
    const again = await mesh.json('p', ['join', await mesh.invite('a'), '--listen', '127.0.0.1:0'])
    expect(again.envelope.error.message).toContain('belongs to mesh work already')
    expect((await mesh.json('p', ['whoami'])).envelope.data.host).toBe('q')
    expect(existsSync(join(folder, '.new'))).toBe(false)
  })
})

describe('what lies in a folder that is no home', () => {
  it('is left as it is, and the folder is refused', async () => {
    const folder = mesh.home('project')
    mkdirSync(join(folder, 'log'), { recursive: true })
    writeFileSync(join(folder, 'log', 'app.log'), 'precious')
    for (const args of [init('project'), ['join', await mesh.invite('a')]]) {
      const { code, envelope } = await mesh.json('project', args)
      expect([code, envelope.error.code, envelope.error.field]).toEqual([4, 'HOME_EXISTS', '--home'])
      expect(envelope.error.message).toContain('it holds log')
    }
    expect(readFileSync(join(folder, 'log', 'app.log'), 'utf8')).toBe('precious')
  })

  it('above all a host key whose settings were lost', async () => {
    const { folder, settings } = homePaths(mesh.home('lost'))
    await mesh.found('lost')
    const key = readFileSync(join(folder, 'host.key'), 'utf8')
    renameSync(settings, `${mesh.home('lost')}.json`)
    expect((await mesh.json('lost', init('lost'))).envelope.error.code).toBe('HOME_EXISTS')
    expect(readFileSync(join(folder, 'host.key'), 'utf8')).toBe(key)
    expect(existsSync(join(folder, 'store', 'store.json'))).toBe(true)
  })

  it('a home that another process is making is not taken from it', async () => {
    mkdirSync(mesh.home('busy'))
    writeFileSync(join(mesh.home('busy'), 'making'), String(process.pid))
    const { envelope } = await mesh.json('busy', init('busy'))
    expect(envelope.error.message).toContain(`(pid ${process.pid}) is making a home`)
  })
})

describe('a control socket', () => {
  const { socket: path, run } = homePaths(mesh.home('a'))
  const opened = (): Promise<Socket> =>
    new Promise(resolve => {
      const socket = connect(path, () => resolve(socket))
      socket.on('error', () => resolve(socket))
    })

  it('that others keep busy: a command says so, and that it may be tried again', async () => {
    const sockets = await Promise.all(Array.from({ length: LIMITS.controlConcurrent * 4 + LIMITS.controlHeld + 8 }, opened))
    const { code, envelope } = await mesh.json('a', ['whoami'])
    expect([code, envelope.error.code, envelope.next]).toEqual([4, 'REQUEST_REFUSED', ['try again']])
    for (const socket of sockets) socket.destroy()
    expect((await mesh.json('a', ['whoami'])).envelope.ok).toBe(true)
  })

  it('answers what it was asked before it was told to end', async () => {
    const call = (op: string, args: object): string => `${JSON.stringify({ op, args, caller: { kind: 'named', tool: 'term', token: 'named:x', name: 'x', found: 'a test', terminal: false, person: true, agents: [] }, cwd: '/' })}\n`
    const answerTo = async (line: string): Promise<string> => {
      const socket = await opened()
      let text = ''
      socket.setEncoding('utf8').on('data', chunk => (text += String(chunk)))
      socket.write(line)
      return new Promise(resolve => socket.on('close', () => resolve(text.split('\n')[1] ?? '')))
    }
    const asked = Array.from({ length: 20 }, (_, index) => answerTo(call('claim', { scope: [`@test-${index}`], mode: 'exclusive' })))
    const ended = answerTo(call('shutdown', {}))
    const answers = await Promise.all([...asked, ended])
    expect(answers.filter(answer => answer === '')).toEqual([])
    await mesh.down('a')
  })

  it('whose place is taken ends the daemon with the reason, and frees the store', async () => {
    mkdirSync(join(path, 'something'), { recursive: true })
    // on a busy machine the first answer may be that it is starting
    const refusedUp = () => eventually(() => mesh.json('a', ['up']), ({ envelope }) => !envelope.ok)
    const { code, envelope } = await refusedUp()
    expect([code, envelope.error.code]).toEqual([4, 'HOME_UNWRITABLE'])
    expect((await mesh.json('a', ['claims'])).envelope.ok).toBe(true)
    renameSync(path, `${mesh.home('a')}-away`)
    renameSync(run, `${mesh.home('a')}-run`)
    symlinkSync(`${mesh.home('a')}-run`, run)
    const linked = await refusedUp()
    expect(linked.envelope.error.message).toContain('is no folder of its own')
  })
})
