import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { ClaimsData } from '../../src/control/operations/claims.js'
import type { DaemonData } from '../../src/control/operations/daemon.js'
import { recordCase } from '../support/cases.js'
import { eventually } from '../support/cli.js'
import { TestMesh } from '../support/mesh.js'

const mesh = new TestMesh()
afterAll(() => mesh.end())

const hasPrlimit = ((): boolean => {
  try {
    execFileSync('prlimit', ['--version'], { stdio: 'ignore' })
    return process.platform === 'linux'
  } catch {
    return false
  }
})()

describe.skipIf(!hasPrlimit)(`a daemon with few files left${hasPrlimit ? '' : ' (skipped: no prlimit)'}`, () => {
  const sockets: Socket[] = []
  afterAll(() => sockets.forEach(socket => socket.destroy()))

  it('64 of them and 100 strangers at its door: no crash, the strangers are turned away, its own people are served', async () => {
    await mesh.found('few')
    const pid = await mesh.up('few')
    // loading the program takes more (node opens its modules side by side): about 100; what runs has some 35
    execFileSync('prlimit', ['--pid', String(pid), '--nofile=64:64'])
    const { listening } = await mesh.ask<DaemonData>('few', 'daemon')
    const [host = '', port = '0'] = (listening ?? '').split(':')
    let ended = 0
    for (let count = 0; count < 100; count++) {
      const socket = connect(Number(port), host)
      socket.on('error', () => undefined)
      socket.on('close', () => (ended += 1))
      sockets.push(socket)
    }
    let failed = 0
    for (let count = 0; count < 20; count++) await mesh.ask('few', 'claim', { scope: [`@few-${count}`] }).catch(() => (failed += 1))
    const open = readdirSync(`/proc/${pid}/fd`).length
    await eventually(async () => ended, count => count >= 84, 15_000)
    expect((await mesh.ask<ClaimsData>('few', 'claims')).claims.length).toBe(20 - failed)
    expect((await mesh.ask<DaemonData>('few', 'daemon')).pid).toBe(pid)
    recordCase(15, { test: 'test/e2e/scarce.test.ts', runs: 20, worst: failed, limit: 0, unit: 'refused' })
    console.log(`64 files: ${open} open among 100 strangers, ${ended} of them turned away, ${failed} of 20 own calls failed`)
    expect(failed).toBe(0)
    await mesh.down('few')
  }, 60_000)
})

describe('a home in an unusual place', () => {
  const places = ['with spaces', 'ümläut-日本', `${'p'.repeat(40)}`]

  it.each(places)('%s: found, served, claimed in, and read', async place => {
    await mesh.must(place, ['init', '--name', 'h', '--no-passphrase', '--listen', '127.0.0.1:0'])
    await mesh.up(place)
    await mesh.ask(place, 'claim', { scope: ['@x'] })
    await mesh.down(place)
    expect((await mesh.json(place, ['claims'])).code).toBe(0)
  })

  it('behind a symbolic link: the same home by both names; 200 characters: refused before anything is written', async () => {
    const [real, link] = ['real', 'link'].map(name => mesh.home(name))
    await mesh.must('real', ['init', '--name', 'h', '--no-passphrase', '--listen', '127.0.0.1:0'])
    symlinkSync(real ?? '', link ?? '')
    const pid = await mesh.up('real')
    expect((await mesh.ask<DaemonData>('link', 'daemon')).pid).toBe(pid)
    await mesh.down('link')
    const long = await mesh.json('l'.repeat(200), ['init', '--no-passphrase'])
    expect([long.code, long.envelope.error.code]).toEqual([4, 'HOME_PATH_TOO_LONG'])
    recordCase(23, { test: 'test/e2e/scarce.test.ts', runs: places.length + 2, worst: 0, limit: 0, unit: 'unsaid' })
  }, 60_000)

  it('whose store others may read is made this user\'s own again, or says why not', async () => {
    mkdirSync(join(mesh.home('open')), { recursive: true, mode: 0o777 })
    chmodSync(mesh.home('open'), 0o777)
    await mesh.must('open', ['init', '--name', 'h', '--no-passphrase', '--listen', '127.0.0.1:0'])
    chmodSync(join(mesh.home('open'), 'host.key'), 0o644)
    const refused = await mesh.json('open', ['status'])
    expect([refused.code, refused.envelope.error.code]).toEqual([4, 'KEY_MODE'])
  }, 30_000)
})
