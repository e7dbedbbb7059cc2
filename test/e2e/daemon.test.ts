import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { DaemonData } from '../../src/control/operations/daemon.js'
import { homePaths } from '../../src/host/home.js'
import { isAlive } from '../../src/host/holder.js'
import { recordCase } from '../support/cases.js'
import { BIN, eventually, type Ran } from '../support/cli.js'
import { TestMesh } from '../support/mesh.js'
import { patientMs } from '../support/patience.js'

const mesh = new TestMesh()
const a = homePaths(mesh.home('a'))

const environment = (): NodeJS.ProcessEnv => ({ PATH: process.env.PATH, HOME: mesh.folder.path, SKEIN_HOME: a.folder })

/** Runs a line of shell, and gives what it printed and how long it took. */
const shell = (line: string): Promise<Ran> =>
  new Promise(resolve => {
    const started = performance.now()
    const child = spawn('sh', ['-c', line], { env: { ...environment(), NODE: process.execPath, BIN }, stdio: ['ignore', 'pipe', 'pipe'] })
    let [stdout, stderr] = ['', '']
    child.stdout.setEncoding('utf8').on('data', text => (stdout += text))
    child.stderr.setEncoding('utf8').on('data', text => (stderr += text))
    child.on('close', code => resolve({ code, stdout, stderr, ms: performance.now() - started }))
  })

const daemonOf = (): Promise<DaemonData | null> => mesh.ask<DaemonData>('a', 'daemon').catch(() => null)

const stop = (pid: number): void => void process.kill(pid, 'SIGSTOP')
const goOn = (pid: number): void => void process.kill(pid, 'SIGCONT')

beforeAll(() => mesh.found('a'))
afterAll(() => mesh.end())

describe('up', () => {
  it('returns into a pipe, and says where it listens', async () => {
    const { stdout, ms } = await shell('"$NODE" "$BIN" up | cat')
    expect(stdout).toMatch(/^up, pid \d+, listening on 127\.0\.0\.1:\d+\n$/)
    console.log(`up | cat returned after ${Math.round(ms)} ms`)
    expect(ms).toBeLessThan(patientMs(2_000))
    await mesh.down('a')
  })

  it('outlives the process group that started it', async () => {
    const starter = spawn('sh', ['-c', '"$NODE" "$BIN" up; exec sleep 60'], { env: { ...environment(), NODE: process.execPath, BIN }, stdio: 'ignore', detached: true })
    const up = await eventually(daemonOf, daemon => daemon !== null)
    process.kill(-(starter.pid ?? 0), 'SIGKILL')
    await eventually(async () => isAlive(starter.pid ?? 0), alive => !alive)
    expect((await daemonOf())?.pid).toBe(up?.pid)
    expect(isAlive(up?.pid ?? 0)).toBe(true)
  })

  it('is a session of its own, with no terminal, in the root folder', async () => {
    const pid = (await daemonOf())?.pid ?? 0
    if (!existsSync(`/proc/${pid}/stat`)) return
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const [, , , session, terminal] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    expect([session, terminal]).toEqual([String(pid), '0'])
  })

  it('a second time is no failure and names the daemon; in the foreground it names it too', async () => {
    const pid = (await daemonOf())?.pid ?? 0
    const again = await mesh.run('a', ['up'])
    expect([again.code, again.stdout]).toEqual([0, `already up, pid ${pid}\n`])
    const foreground = await mesh.json('a', ['up', '--foreground'])
    expect(foreground.code).toBe(4)
    expect(foreground.envelope.error).toMatchObject({ code: 'STORE_LOCKED', message: `already up, pid ${pid}`, details: { pid } })
    recordCase(21, { test: 'test/e2e/daemon.test.ts (a second daemon)', runs: 1, worst: foreground.envelope.error.details.pid === pid ? 0 : 1, limit: 0, unit: 'unnamed holders' })
    expect((await daemonOf())?.pid).toBe(pid)
  })

  it('ten at once make one daemon', async () => {
    await mesh.down('a')
    const runs = await Promise.all(Array.from({ length: 10 }, () => mesh.run('a', ['up'])))
    const daemon = await eventually(daemonOf, each => each !== null)
    // on a busy machine some only say that one is starting
    const said = runs.filter(({ code, stdout }) => code === 0 && !stdout.startsWith('starting')).map(({ stdout }) => /pid (\d+)/.exec(stdout)?.[1])
    expect(new Set(said).size).toBeLessThanOrEqual(1)
    for (const { code, stderr } of runs) expect(code === 0 || stderr.includes('DAEMON_HUNG'), stderr).toBe(true)
    expect(daemon?.pid).toBe(mesh.pidOf('a'))
    await eventually(() => shell('ps -eo args= | grep -c "[u]p --foreground --json --home $SKEIN_HOME" || true'), ({ stdout }) => stdout.trim() === '1')
  }, 60_000)
})

describe('the control socket', () => {
  it('is its owner\'s alone', () => {
    expect((statSync(a.run).mode & 0o777).toString(8)).toBe('700')
    expect((statSync(a.socket).mode & 0o777).toString(8)).toBe('600')
  })

  const send = (bytes: Buffer, times: number): Promise<string> =>
    new Promise(resolve => {
      const socket = connect(a.socket)
      let said = ''
      let left = times
      const write = (): void => {
        while (left > 0 && !socket.destroyed) {
          left -= 1
          if (!socket.write(bytes)) return
        }
        if (left === 0) socket.end()
      }
      socket.setEncoding('utf8').on('data', text => (said += text))
      socket.on('drain', write).on('connect', write).on('error', () => undefined)
      socket.on('close', () => resolve(said))
    })

  it.each([
    ['garbage', Buffer.from('\u0000\u0001 no json \n'), 1, 'REQUEST_REFUSED'],
    ['an unknown operation', Buffer.from(`${JSON.stringify({ op: 'explode', args: {}, caller: { kind: 'named', tool: 'term', token: 'named:x', name: 'x', found: 'x', terminal: false, person: false, agents: [] }, cwd: '/' })}\n`), 1, 'USAGE'],
    ['nesting without end', Buffer.from(`${'['.repeat(50_000)}\n`), 1, 'REQUEST_REFUSED'],
    ['100 MB without a line end', Buffer.alloc(1024 * 1024, 'x'), 100, 'TOO_LARGE']
  ])('answers %s with a named error, and goes on', async (_, bytes, times, code) => {
    const said = await send(bytes, times)
    // of a flood the answer may be lost with the connection
    if (times === 1) expect(said).toContain(code)
    expect(said).not.toMatch(/\bat .*\.js:\d/)
    const running = await daemonOf()
    expect(running?.pid).toBe(mesh.pidOf('a'))
    if (existsSync(`/proc/${running?.pid ?? 0}/status`)) {
      const resident = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${running?.pid ?? 0}/status`, 'utf8'))?.[1] ?? 0)
      expect(resident).toBeLessThan(300_000)
    }
  })
})

describe('a daemon that is', () => {
  it('hung: every command names its pid, and nothing is lost', async () => {
    const pid = (await daemonOf())?.pid ?? 0
    await mesh.must('a', ['claim', '@kept'])
    stop(pid)
    try {
      for (const args of [['claims'], ['claim', '@late'], ['up'], ['down'], ['sync']]) {
        const { code, envelope, ms, stderr } = await mesh.json('a', args)
        expect([args[0], code, envelope.error.code]).toEqual([args[0], 4, 'DAEMON_HUNG'])
        expect(envelope.error.message).toContain(String(pid))
        expect(ms, args[0] ?? '').toBeLessThan(patientMs(2_000))
        expect(stderr).toBe('')
      }
    } finally {
      goOn(pid)
    }
    expect((await mesh.must('a', ['claims'])).stdout).toContain('@kept')
  }, 60_000)

  it('starting: a command waits for it and is answered by it', async () => {
    await mesh.down('a')
    const child = spawn(process.execPath, [BIN, 'up', '--foreground'], { env: environment(), stdio: 'ignore' })
    const ran = await eventually(async () => mesh.pidOf('a'), pid => pid === child.pid).then(() => mesh.json('a', ['peers']))
    expect(ran.code).toBe(0)
    expect(ran.envelope.data.listening).not.toBeNull()
  })

  it('starting and hung: the store is named as held, with the pid', async () => {
    await mesh.down('a')
    const child = spawn(process.execPath, [BIN, 'up', '--foreground'], { env: environment(), stdio: 'ignore' })
    const pid = child.pid ?? 0
    await new Promise<void>(resolve => {
      const look = (): void => {
        if (mesh.pidOf('a') !== pid) return void setImmediate(look)
        stop(pid)
        resolve()
      }
      look()
    })
    try {
      const { code, envelope, ms } = await mesh.json('a', ['claims'])
      expect(code).toBe(4)
      expect(['STORE_LOCKED', 'DAEMON_HUNG']).toContain(envelope.error.code)
      expect(envelope.error.message).toContain(String(pid))
      expect(ms).toBeLessThan(patientMs(2_000))
      const down = await mesh.json('a', ['down'])
      expect([down.code, down.envelope.error.code]).toEqual([4, 'DAEMON_HUNG'])
    } finally {
      goOn(pid)
    }
    await eventually(daemonOf, daemon => daemon?.pid === pid)
  }, 60_000)

  it.each([
    ['newer', '{"skein":"9.1.0","pid":4242}', '{"envelope":{"schema_version":2,"ok":true,"data":{}},"exit":0}', 'the daemon (pid 4242, skein 9.1.0)', 'kill 4242'],
    ['of a version that says nothing known', 'welcome', 'what?', 'the daemon answers', 'skein down']
  ])('%s: every command names it, soon, and nothing is written', async (_, greeting, answer, message, next) => {
    await mesh.down('a')
    const server = createServer(socket => {
      socket.on('error', () => socket.destroy())
      socket.write(`${greeting}\n`)
      socket.once('data', () => socket.end(`${answer}\n`))
    })
    server.listen(a.socket)
    await once(server, 'listening')
    try {
      for (const args of [['claims'], ['claim', '@other-version'], ['up'], ['down'], ['status']]) {
        const { code, envelope, ms, stderr } = await mesh.json('a', args)
        expect([args[0], code, envelope.error.code, envelope.next[0]]).toEqual([args[0], 4, 'DAEMON_NEWER', next])
        expect(envelope.error.message).toContain(message)
        expect(ms, args[0] ?? '').toBeLessThan(patientMs(2_000))
        expect(stderr).toBe('')
      }
    } finally {
      server.close()
      await once(server, 'close')
    }
    expect((await mesh.must('a', ['claims'])).stdout).not.toContain('@other-version')
  }, 60_000)

  it('absent: the same commands answer from the store, and say so where it matters', async () => {
    await mesh.down('a')
    expect((await mesh.must('a', ['claims'])).stdout).toContain('@kept')
    const { stdout, code } = await mesh.run('a', ['down'])
    expect([code, stdout]).toEqual([0, 'not up\n'])
  })

  it('killed: what it left is no hindrance', async () => {
    await mesh.up('a')
    await mesh.kill('a')
    expect(existsSync(a.socket)).toBe(true)
    expect((await mesh.must('a', ['claims'])).stdout).toContain('@kept')
    expect((await mesh.must('a', ['down'])).stdout).toBe('not up\n')
    await mesh.up('a')
  })
})

describe('down', () => {
  it('leaves no process, socket or lock, soon', async () => {
    const pid = (await daemonOf())?.pid ?? 0
    const { stdout, ms } = await mesh.must('a', ['down'])
    expect(stdout).toContain(`pid ${pid} has ended`)
    console.log(`down returned after ${Math.round(ms)} ms`)
    expect(isAlive(pid)).toBe(false)
    expect([existsSync(a.socket), existsSync(a.holder)]).toEqual([false, false])
    expect((await mesh.must('a', ['claims'])).ms).toBeLessThan(patientMs(2_000))
  })

  it('SIGTERM does the same', async () => {
    const pid = await mesh.up('a')
    process.kill(pid, 'SIGTERM')
    await eventually(async () => isAlive(pid), alive => !alive)
    expect([existsSync(a.socket), existsSync(a.holder)]).toEqual([false, false])
  })
})
