import type { VerifyData } from '../../control/operations/verify.js'
import type { Command } from '../command.js'
import type { Style } from '../style.js'
import { alignRows } from '../table.js'

/** 10,000 signatures take a second. */
const PATIENCE_MS = 10 * 60_000

const standing = ({ void_since, forked, admitted, lacking }: VerifyData['authors'][number]): string => {
  if (forked) return 'forked: nothing counts'
  if (void_since !== null) return `void since frame ${void_since}`
  const here = lacking === 0 ? '' : `${lacking} older frames are not here`
  return [admitted === 'member' ? '' : admitted, here].filter(Boolean).join(', ')
}

const authorRow = (author: VerifyData['authors'][number]): string[] => [
  `  ${author.host}`,
  `${author.epoch}`,
  `${author.frames}`,
  `${author.first}–${author.last}`,
  `${author.records}`,
  author.head < 0 ? 'none' : `${author.head} ${author.head_hash.slice(0, 8)}`,
  standing(author)
]

const damageText = ({ host, epoch, seq, what, code }: VerifyData['damage'][number]): string => {
  const where = host === null ? '' : `${host}, epoch ${epoch ?? '?'}${seq === null ? '' : `, frame ${seq}`}: `
  return `  ${where}${what} (${code})`
}

const render = (style: Style, data: VerifyData): string => {
  const { sound, frames, acts, proofs, authors, damage, invalid, refusals } = data
  const lines = [sound ? style.good(`all ${frames} frames and ${acts} acts hold: layout, chain, payload, signature`) : style.bad(`${damage.length} of what was checked (${frames} frames, ${acts} acts, ${proofs} proofs) does not hold`)]
  if (authors.length > 0) lines.push(alignRows([['  host', 'epoch', 'frames', 'numbers', 'records', 'head', ''].map(style.faint), ...authors.map(authorRow)]))
  if (damage.length > 0) lines.push('damaged', ...damage.map(damageText))
  if (invalid.length > 0) lines.push('records that say nothing', ...invalid.map(({ host, id, reason }) => `  ${host} ${id.slice(0, 8)}: ${reason}`))
  if (refusals.length > 0) lines.push('refused since start', ...refusals.map(({ code, count, from, text }) => `  ${count} × ${code} from ${from}: ${text}`))
  return lines.join('\n')
}

export const verify: Command = {
  name: 'verify',
  group: 'queries',
  summary: 'check everything in the store from its bytes: layout, chain, signatures',
  examples: [{ line: 'skein verify', does: 'names each frame that is not what its author signed; exit 1 when there is one' }],
  run: async terminal => {
    const reply = await terminal.call('verify', {}, { timeoutMs: PATIENCE_MS })
    return terminal.print<VerifyData>(reply, data => render(terminal.style, data))
  }
}
