import { spawn, type ChildProcess } from 'node:child_process'
import { appendFileSync, existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isAlive } from '../../src/host/liveness.js'
import { BIN, eventually, skein } from '../support/cli.js'
import { TestMesh } from '../support/mesh.js'

const mesh = new TestMesh()
const at = (name: string): string => join(mesh.folder.path, name)
const text = (name: string): string => (existsSync(at(name)) ? readFileSync(at(name), 'utf8') : '')

/** A shell command that says when it runs, and goes on once a file is there. */
const gated = (name: string): string => `echo begin ${name} >> '${at('order')}'; echo $$ > '${at(`${name}.pid`)}'; while [ ! -e '${at(`${name}.go`)}' ]; do sleep 0.05; done; echo end ${name} >> '${at('order')}'`

interface Started {
  readonly child: ChildProcess
  stderr(): string
  readonly ended: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>
}

const start = (session: string, name: string, ...command: readonly string[]): Started => {
  let stderr = ''
  const child = spawn(process.execPath, [BIN, 'mutex', name, '--', ...command], { cwd: mesh.folder.path, stdio: ['ignore', 'ignore', 'pipe'], env: { PATH: process.env.PATH, XDG_STATE_HOME: process.env.XDG_STATE_HOME, SKEIN_HOME: mesh.home('mac'), SKEIN_SESSION: session } })
  child.stderr?.setEncoding('utf8').on('data', chunk => (stderr += String(chunk)))
  return { child, stderr: () => stderr, ended: new Promise(resolve => child.once('exit', (code, signal) => resolve({ code, signal }))) }
}

const go = (name: string): void => appendFileSync(at(`${name}.go`), '')
const begun = (name: string): Promise<string> => eventually(async () => text('order'), order => order.includes(`begin ${name}\n`), 30_000)
const pidOf = async (name: string): Promise<number> => Number(await eventually(async () => text(`${name}.pid`), pid => pid.endsWith('\n')))

beforeAll(async () => {
  await mesh.found('mac')
  await mesh.up('mac')
}, 60_000)
afterAll(async () => {
  // what a failed test left running
  for (const name of existsSync(mesh.folder.path) ? readdirSync(mesh.folder.path) : []) {
    const pid = name.endsWith('.pid') ? Number(text(name)) : 0
    if (pid > 0 && isAlive(pid)) process.kill(pid, 'SIGKILL')
  }
  await mesh.end()
})

describe('skein mutex', () => {
  it('runs one at a time in the order they came, says who holds it, and leaves streams and exit codes alone', async () => {
    const one = start('one', 'test', 'sh', '-c', `${gated('one')}; exit 7`)
    await begun('one')
    const two = start('two', 'test', 'sh', '-c', gated('two'))
    await eventually(async () => two.stderr(), said => /mutex test is held by mac\/one for \d+ s \(sh\); waiting/.test(said), 20_000)
    expect(text('order')).not.toContain('begin two')
    const who = await mesh.json('mac', ['who', '@mutex/test'], { session: 'onlooker' })
    expect(who.envelope.data).toMatchObject({ paths: [{ state: 'held', holders: [{ holder: 'mac/one', reason: 'sh', waiting: [{ by: 'mac/two' }] }] }] })
    go('one')
    expect(await one.ended).toEqual({ code: 7, signal: null })
    await begun('two')
    go('two')
    expect((await two.ended).code).toBe(0)
    expect(text('order')).toBe('begin one\nend one\nbegin two\nend two\n')
    const { stdout, code } = await skein(['mutex', 'test', '--', 'sh', '-c', 'cat; kill -TERM $$'], mesh.at('mac', { input: 'in and out' }))
    expect([stdout, code]).toEqual(['in and out', 143])
    expect((await mesh.run('mac', ['mutex', 'test', '--', 'no-such-program'])).code).toBe(125)
    expect((await mesh.run('mac', ['mutex', 'a/b', '--', 'true'])).code).toBe(125)
    expect((await mesh.run('mac', ['who', '@mutex/test'])).code).toBe(0)
  }, 60_000)

  it('passes signals on; killed with -9 it is held until the command that it began has ended, and no longer', async () => {
    const one = start('one', 'kill', 'sh', '-c', `trap 'echo trapped >> "${at('order')}"; exit 3' TERM; ${gated('caught')}`)
    await begun('caught')
    one.child.kill('SIGTERM')
    expect((await one.ended).code).toBe(3)
    expect(text('order')).toContain('trapped')

    const killed = start('one', 'kill', 'sh', '-c', gated('orphan'))
    await begun('orphan')
    const next = start('two', 'kill', 'sh', '-c', gated('next'))
    await eventually(async () => next.stderr(), said => said.includes('held by mac/one'), 20_000)
    killed.child.kill('SIGKILL')
    await killed.ended
    const orphan = await pidOf('orphan')
    expect([isAlive(orphan), text('order').includes('begin next')]).toEqual([true, false])
    go('orphan')
    go('next')
    expect((await next.ended).code).toBe(0)
    expect(text('order')).toMatch(/begin orphan\nend orphan\nbegin next\nend next\n$/)
  }, 60_000)

  it('one that waits and is killed makes room; within itself it does not wait for itself', async () => {
    const one = start('one', 'room', 'sh', '-c', gated('room'))
    await begun('room')
    const two = start('two', 'room', 'true')
    await eventually(async () => two.stderr(), said => said.includes('waiting'), 20_000)
    two.child.kill('SIGKILL')
    await two.ended
    const three = start('three', 'room', process.execPath, BIN, 'mutex', 'room', '--', 'sh', '-c', gated('inner'))
    go('room')
    go('inner')
    expect([(await one.ended).code, (await three.ended).code]).toEqual([0, 0])
    expect(text('order')).toMatch(/end room\nbegin inner\nend inner\n$/)
  }, 60_000)

  it('the daemon may end and come back: what runs goes on, and nobody else begins before it has ended', async () => {
    const one = start('one', 'restart', 'sh', '-c', gated('before'))
    await begun('before')
    await mesh.down('mac')
    expect((await mesh.run('mac', ['mutex', 'restart', '--', 'true'])).code).toBe(125)
    await mesh.up('mac')
    const two = start('two', 'restart', 'sh', '-c', gated('after'))
    await eventually(async () => two.stderr(), said => said.includes('held by mac/one'), 20_000)
    expect(text('order')).not.toContain('begin after')
    go('before')
    go('after')
    expect([(await one.ended).code, (await two.ended).code]).toEqual([0, 0])
    expect(text('order')).toMatch(/begin before\nend before\nbegin after\nend after\n$/)
  }, 60_000)
})
