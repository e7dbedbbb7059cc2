import type { HostId, RecordId, SessionName } from '../../brand.js'
import { compareText } from '../../encoding/bytes.js'
import { actorKey, type Actor } from '../claims/actor.js'
import { compareEntries, type Position } from '../records/entry.js'

/** A claim that stands in the way, and whose it is. */
export interface Obstacle extends Actor {
  readonly claim: RecordId
}

/** One wait as the graph sees it: over as soon as nothing is left in the way of one of its goals. */
export interface GraphWait extends Position {
  readonly session: SessionName
  readonly goals: readonly (readonly Obstacle[])[]
}

/** Waits with `wait` for the `claim` of whoever comes next in the circle, the last one for that of the first. */
export interface CircleMember extends Actor {
  readonly wait: RecordId
  readonly claim: RecordId
}

/** Sessions none of which can go on before another of them has. */
export interface Deadlock {
  /** The waits of the circle, sorted: the same on every host. */
  readonly key: string
  /** Begins with the victim. */
  readonly circle: readonly CircleMember[]
  /** Whose wait was told last. */
  readonly victim: Actor
  /** The victim's claims that are waited for in the circle or beside it: without them the others go on. Sorted. */
  readonly releases: readonly RecordId[]
}

interface Node {
  readonly actor: Actor
  readonly waits: GraphWait[]
  newest: Position
  /** Whom it waits for, by their key: each with the wait and the claims. */
  readonly towards: Map<string, { readonly wait: RecordId; readonly claims: Set<RecordId> }>
}

/**
 * Every deadlock among these waits, each with one victim; a function of their set, whatever their order.
 *
 * A session goes on when one thing that it waits for is free, and that is free when nobody holds any of it. So a circle alone is no
 * deadlock: a session is stuck where each of its goals, of all its waits, is held by one that is stuck. What is left when those that can go
 * on are taken out, again and again, is cut into groups that reach each other; a group's victim is the session whose wait is the last in the
 * order of telling (corrected time, count, host, id), and the circle shown is a shortest one through it. Of several circles through one
 * group the rest is found when the first is broken.
 */
export const deadlocksOf = (waits: Iterable<GraphWait>): Deadlock[] => {
  const stuck = stuckOf(nodesOf(waits))
  link(stuck)
  peel(stuck)
  const found: Deadlock[] = []
  const left = new Set([...stuck.values()].sort((one, other) => compareEntries(other.newest, one.newest)))
  for (const node of left) {
    const circle = shortestCircle(stuck, node)
    if (circle === null) continue
    const group = groupOf(stuck, node)
    for (const member of group) left.delete(member)
    const key = circle.map(({ wait }) => wait).sort(compareText).join('+')
    const mine = actorKey(node.actor)
    const releases = new Set([...group].flatMap(member => [...(member.towards.get(mine)?.claims ?? [])]))
    found.push({ key, circle, victim: node.actor, releases: [...releases].sort(compareText) })
  }
  return found.sort((one, other) => compareText(one.key, other.key))
}

const nodesOf = (waits: Iterable<GraphWait>): Map<string, Node> => {
  const nodes = new Map<string, Node>()
  for (const wait of [...waits].sort(compareEntries)) {
    const actor: { host: HostId; session: SessionName } = { host: wait.host, session: wait.session }
    const key = actorKey(actor)
    const node: Node = nodes.get(key) ?? { actor, waits: [], newest: wait, towards: new Map() }
    node.waits.push(wait)
    node.newest = wait
    nodes.set(key, node)
  }
  return nodes
}

/** Takes out whoever has a goal that none of the rest stands in the way of, until nobody is left who has. */
const stuckOf = (nodes: Map<string, Node>): Map<string, Node> => {
  const stuck = new Map(nodes)
  const waitedBy = new Map<string, Set<string>>()
  for (const [key, { waits }] of nodes) {
    for (const obstacle of waits.flatMap(({ goals }) => goals.flat())) {
      const holder = actorKey(obstacle)
      waitedBy.set(holder, (waitedBy.get(holder) ?? new Set()).add(key))
    }
  }
  const canGoOn = ({ waits }: Node): boolean => waits.some(({ goals }) => goals.some(goal => !goal.some(obstacle => stuck.has(actorKey(obstacle)))))
  const open = [...nodes.keys()]
  for (let key = open.pop(); key !== undefined; key = open.pop()) {
    const node = stuck.get(key)
    if (node === undefined || !canGoOn(node)) continue
    stuck.delete(key)
    open.push(...(waitedBy.get(key) ?? []))
  }
  return stuck
}

const link = (stuck: ReadonlyMap<string, Node>): void => {
  for (const { waits, towards } of stuck.values()) {
    for (const { id, goals } of waits) {
      for (const obstacle of goals.flat()) {
        const holder = actorKey(obstacle)
        if (!stuck.has(holder)) continue
        const known = towards.get(holder) ?? { wait: id, claims: new Set<RecordId>() }
        known.claims.add(obstacle.claim)
        towards.set(holder, known)
      }
    }
  }
}

/** Takes out those that nobody stuck waits for: they stand before a circle and not in one. */
const peel = (stuck: Map<string, Node>): void => {
  const count = new Map<string, number>()
  for (const { towards } of stuck.values()) for (const key of towards.keys()) count.set(key, (count.get(key) ?? 0) + 1)
  const open = [...stuck.keys()].filter(key => !count.has(key))
  for (let key = open.pop(); key !== undefined; key = open.pop()) {
    const node = stuck.get(key)
    stuck.delete(key)
    for (const next of node?.towards.keys() ?? []) {
      const rest = (count.get(next) ?? 1) - 1
      count.set(next, rest)
      if (rest === 0) open.push(next)
    }
  }
}

/** Breadth first, neighbours by their key, so that every host shows the same of several that are equally short. */
const shortestCircle = (stuck: ReadonlyMap<string, Node>, from: Node): CircleMember[] | null => {
  const start = actorKey(from.actor)
  const cameFrom = new Map<string, string>()
  const queue = [start]
  for (const key of queue) {
    for (const next of [...(stuck.get(key)?.towards.keys() ?? [])].sort(compareText)) {
      if (!stuck.has(next) || cameFrom.has(next)) continue
      cameFrom.set(next, key)
      if (next === start) return membersOf(stuck, cameFrom, start)
      queue.push(next)
    }
  }
  return null
}

const membersOf = (stuck: ReadonlyMap<string, Node>, cameFrom: ReadonlyMap<string, string>, start: string): CircleMember[] => {
  const members: CircleMember[] = []
  for (let next = start; ; ) {
    const key = cameFrom.get(next) ?? start
    const node = stuck.get(key)
    const towards = node?.towards.get(next)
    const claim = [...(towards?.claims ?? [])].sort(compareText)[0]
    if (node !== undefined && towards !== undefined && claim !== undefined) members.unshift({ ...node.actor, wait: towards.wait, claim })
    if (key === start) return members
    next = key
  }
}

const reached = (from: string, nextOf: (key: string) => Iterable<string>): Set<string> => {
  const found = new Set<string>([from])
  for (const key of found) for (const next of nextOf(key)) found.add(next)
  return found
}

/** Who waits for the node and is waited for by it, over however many. */
const groupOf = (stuck: ReadonlyMap<string, Node>, node: Node): Set<Node> => {
  const backwards = new Map<string, string[]>()
  for (const [key, { towards }] of stuck) for (const next of towards.keys()) backwards.set(next, [...(backwards.get(next) ?? []), key])
  const key = actorKey(node.actor)
  const after = reached(key, at => stuck.get(at)?.towards.keys() ?? [])
  const before = reached(key, at => backwards.get(at) ?? [])
  return new Set([...stuck].flatMap(([at, member]) => (after.has(at) && before.has(at) ? [member] : [])))
}
