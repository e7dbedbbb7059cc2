import { networkInterfaces } from 'node:os'

/** Addresses of this machine that another one may reach, IPv4 before IPv6, without loopback and link-local ones; loopback where there is no other. */
export const reachable = (): string[] => {
  const all = Object.values(networkInterfaces()).flatMap(list => list ?? [])
  const useful = all.filter(({ internal, address }) => !internal && !address.startsWith('fe80:') && !address.startsWith('169.254.'))
  const ordered = [...useful.filter(({ family }) => family === 'IPv4'), ...useful.filter(({ family }) => family === 'IPv6')].map(({ address }) => address)
  return ordered.length > 0 ? ordered : ['127.0.0.1']
}
