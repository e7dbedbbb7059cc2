import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'

/** Where systems keep a name of the installation that a copy of single folders does not take along. */
const FILES = ['/etc/machine-id', '/var/lib/dbus/machine-id', '/etc/hostid']
const COMMANDS: Partial<Record<NodeJS.Platform, { readonly program: string; readonly args: readonly string[]; readonly id: RegExp }>> = {
  darwin: { program: '/usr/sbin/ioreg', args: ['-rd1', '-c', 'IOPlatformExpertDevice'], id: /"IOPlatformUUID" = "([0-9A-Fa-f-]+)"/ },
  win32: { program: 'reg', args: ['query', 'HKLM\\SOFTWARE\\Microsoft\\Cryptography', '/v', 'MachineGuid'], id: /MachineGuid\s+REG_SZ\s+([0-9A-Fa-f-]+)/ }
}
const PATIENCE_MS = 1_000

const run = promisify(execFile)

const readId = async (): Promise<string | null> => {
  const command = COMMANDS[process.platform]
  if (command !== undefined) {
    const { stdout } = await run(command.program, [...command.args], { timeout: PATIENCE_MS, windowsHide: true }).catch(() => ({ stdout: '' }))
    return command.id.exec(stdout)?.[1] ?? null
  }
  for (const file of FILES) {
    const text = (await readFile(file, 'utf8').catch(() => '')).trim()
    if (/^[0-9a-f-]{8,64}$/i.test(text)) return text
  }
  return null
}

/** A name of this machine that tells nothing else about it (systemd asks that its id be hashed by whoever keeps it); null where there is none. */
export const machineId = async (): Promise<string | null> => {
  const id = await readId()
  return id === null ? null : createHash('sha256').update(`skein machine ${id}`).digest('hex').slice(0, 32)
}
