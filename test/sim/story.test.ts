import { describe, expect, test } from 'vitest'
import { Adversary } from './adversary.js'
import { areEqual, calmMesh, runUntil } from './calm.js'
import type { SimHost } from './host.js'
import { Nemesis } from './nemesis.js'
import { revokeHost } from './faults/operators.js'
import type { World } from './world.js'

/** What nobody would tell: the traffic and the rounds of comparing. */
const DULL = /sends on link|dials|"type":"(levelled|linked|unlinked|answered|viewChanged)"|closes link/

/** An event in words: what happened at whom. Of refusals one of a kind is enough. */
const inWords = (line: string): string => {
  const event = /^(\S+) (\{.*\})$/.exec(line)
  if (event === null) return line
  const { type, author, cause, code, text } = JSON.parse(event[2] ?? '{}') as Readonly<Record<string, string>>
  return `${event[1]}: ${type}${author === undefined ? '' : ` ${author}`}${cause === undefined ? '' : ` ${cause}`}${code === undefined ? '' : ` ${code}`}${text === undefined ? '' : `, ${text}`}`
}

/** The story from here on as somebody would tell it: no times, and names for keys and epochs. */
const told = (world: World, from: number): string[] => {
  const epochs = new Map<string, string>()
  const named = (line: string): string => {
    let text = line.slice(9)
    for (const { key, name } of world.hosts) {
      text = text.replace(new RegExp(`${key}/([0-9a-f]{8})[0-9a-f]{16}`, 'g'), (author, counter: string) => {
        const alike = [...epochs.values()].filter(each => each.startsWith(`epoch ${Number.parseInt(counter, 16)} of ${name}`)).length
        if (!epochs.has(author)) epochs.set(author, `epoch ${Number.parseInt(counter, 16)} of ${name}${'′'.repeat(alike)}`)
        return epochs.get(author) ?? author
      }).replaceAll(key, name)
    }
    return text.replace(/\b[0-9a-z]{32}\b/g, 'R')
  }
  const lines = world.story.slice(from).filter(line => !DULL.test(line)).map(line => inWords(named(line)))
  return lines.filter((line, index) => !line.includes(': refused ') || lines.findIndex(other => other === line) === index)
}

const note = (text: string) => [{ kind: 'note', fields: { text } }]

const settle = (world: World): void => {
  world.schedule.runUntil(world.schedule.now + 500)
  runUntil(world, 10_000, () => areEqual(world.hosts.filter(({ isUp }) => isUp)))
}

const begin = (count: number): { readonly world: World; readonly hosts: readonly SimHost[]; readonly from: number } => {
  const world = calmMesh(1, count, true)
  for (const host of world.hosts) host.write('shell', note(`«first of ${host.name}»`))
  settle(world)
  return { world, hosts: world.hosts, from: world.story.length }
}

describe('stories', () => {
  test('a copied home', () => {
    const { world, hosts: [, copied], from } = begin(3)
    if (copied === undefined) throw new Error('no host')
    new Adversary(world).copyHome(copied)
    copied.write('shell', note('«original of host-1»'))
    settle(world)
    expect(told(world, from).join('\n')).toMatchSnapshot()
    expect(world.checks.failures).toEqual([])
  })

  test('a stolen key', () => {
    const { world, hosts: [, , stolen], from } = begin(4)
    if (stolen === undefined) throw new Error('no host')
    const nemesis = new Nemesis(world, {}, 0)
    nemesis.adversary.takeOver(stolen)
    nemesis.adversary.steal('goes on')
    settle(world)
    revokeHost(nemesis, stolen, 'operator')
    settle(world)
    for (const deed of ['goes on', 'opens an epoch', 'branches off'] as const) {
      nemesis.adversary.steal(deed)
      settle(world)
    }
    expect(told(world, from).join('\n')).toMatchSnapshot()
    expect(world.checks.failures).toEqual([])
  })
})
