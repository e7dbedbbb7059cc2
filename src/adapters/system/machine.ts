import { readFileSync } from 'node:fs'
import { hostname, uptime } from 'node:os'

/** Names this start of the machine: process ids of another one mean nothing. */
export const bootId = (): string => {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  } catch {
    return `up-${Math.round((Date.now() / 1000 - uptime()) / 60)}`
  }
}

/** The machine's short name, made fit to be a host's name. */
export const machineName = (): string => {
  const name = (hostname().split('.')[0] ?? '').replaceAll(/[^A-Za-z0-9._-]/g, '-').replace(/^[^A-Za-z0-9]+/, '').slice(0, 32)
  return name === '' || name.toLowerCase() === 'all' ? 'host' : name.toLowerCase()
}
