import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { isAgentRunning, processTable } from '../../../src/control/caller/caller.js'
import { gatherEvidence } from '../../../src/control/caller/evidence.js'
import { linuxProcesses } from '../../../src/control/caller/linux.js'
import { psProcesses, readPs } from '../../../src/control/caller/ps.js'
import { hasProgram } from './script.js'

const root = mkdtempSync(join(tmpdir(), 'skein-proc-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

const proc = (pid: number, stat: string, command: string): void => {
  mkdirSync(join(root, String(pid)))
  writeFileSync(join(root, String(pid), 'stat'), stat)
  writeFileSync(join(root, String(pid), 'cmdline'), command)
}

describe('processes by /proc', () => {
  it('reads past a name with spaces and parentheses', () => {
    proc(7, '7 (a ) S 1 (x) b) S 6 7 5 34818 -1 4194304 102 0 0 0 0 0 0 0 20 0 1 0 121115 3133440 384\n', 'my prog\0-x\0\0\0\0')
    const processes = linuxProcesses(root)
    expect(processes.parentOf(7)).toBe(6)
    expect(processes.sessionLeader(7)).toBe(5)
    expect(processes.startTime(7)).toBe('121115')
    expect(processes.terminal(7)).toBe('pts/2')
    expect(processes.command(7)).toEqual(['my prog', '-x'])
  })

  it('knows nothing of a process that is not there, cut short, or nobody’s child', () => {
    proc(8, '8 (cut) S 1', '')
    proc(9, '', '')
    proc(10, '10 (init) S 0 10 10 0 -1 0 0 0 0 0 0 0 0 0 0 20 0 1 0 5 0 0', 'init')
    const processes = linuxProcesses(root)
    for (const pid of [8, 9, 4_000_000]) {
      expect([processes.parentOf(pid), processes.startTime(pid), processes.sessionLeader(pid), processes.terminal(pid)]).toEqual([null, null, null, null])
      expect(processes.command(pid)).toEqual([])
    }
    expect(processes.parentOf(10)).toBeNull()
  })
})

const MAC = `
    1     0 ??       Mon Nov 16 08:00:01 2026     /sbin/launchd
  400     1 ??       Mon Nov 16 08:01:00 2026     /System/Applications/Utilities/Terminal.app/Contents/MacOS/Terminal
  500   400 ttys001  Fri Nov 20 14:06:11 2026     login -pf paul
  501   500 ttys001  Fri Nov 20 14:06:12 2026     -zsh
  600   501 ttys001  Fri Nov 20 14:07:00 2026     /Users/p/Library/Application Support/Claude/claude.app/Contents/MacOS/claude --resume
  601   600 ??       Fri Nov 20 14:08:00 2026     /bin/zsh -c source snap && skein who
  602   601 ??       Fri Nov  6 14:08:00 2026     node /usr/local/bin/skein who
  700   501 ttys001  Fri Nov 20 14:09:00 2026     node /usr/local/bin/skein who
garbage
`

describe('processes by ps', () => {
  it('finds the agent of a bundled program, and the terminal by its topmost process', () => {
    const processes = psProcesses(MAC)
    const agent = gatherEvidence({ env: {}, pid: 602, processes })
    expect(agent).toMatchObject({ ok: true, value: { token: `agent:claude:600:${Date.UTC(2026, 10, 20, 14, 7) / 1000}`, terminal: false } })
    const terminal = gatherEvidence({ env: {}, pid: 700, processes })
    expect(terminal).toMatchObject({ ok: true, value: { kind: 'terminal', found: 'terminal ttys001', token: expect.stringMatching(/^terminal:500:\d+$/) } })
  })

  it.skipIf(!hasProgram('ps'))('reads the real ps, whatever the time zone and language of the caller', () => {
    const processes = psProcesses(readPs())
    expect(processes.parentOf(process.pid)).toBe(process.ppid)
    expect(processes.startTime(process.pid)).toMatch(/^\d+$/)
    expect(processes.startTime(process.pid)).toBe(psProcesses(readPs()).startTime(process.pid))
  })
})

describe('the real table', () => {
  it('knows a running process by its pid and start time together', () => {
    const startedAt = processTable().startTime(process.pid) ?? ''
    expect(isAgentRunning({ tool: 'claude', pid: process.pid, startedAt })).toBe(true)
    expect(isAgentRunning({ tool: 'claude', pid: process.pid, startedAt: '1' })).toBe(false)
    expect(isAgentRunning({ tool: 'claude', pid: 4_194_305, startedAt })).toBe(false)
  })

  it('answers within a few milliseconds where there is /proc', ({ skip }) => {
    if (process.platform !== 'linux') skip('only Linux has /proc')
    const caller = { env: {}, pid: process.pid }
    gatherEvidence({ ...caller, processes: processTable() })
    const began = performance.now()
    for (let index = 0; index < 20; index++) gatherEvidence({ ...caller, processes: processTable() })
    expect((performance.now() - began) / 20).toBeLessThan(5)
  })
})
