import { describe, expect, it } from 'vitest'
import type { SessionName } from '../../../../src/core/brand.js'
import { Timeline } from '../../../../src/core/coordination/timeline/timeline.js'
import { give, MINUTE, NOON, Scribe, viewOf } from '../records/scribe.js'

const mac = new Scribe('mac', 1)
const box = new Scribe('box', 2, 600_000)
const spark = new Scribe('spark', 3)
const hosts = [mac, box, spark]

const hi = mac.write('message', { to: { host: box.host }, text: 'Hi there' }, NOON)
const claim = box.claim(['src/auth/**'], NOON + MINUTE)
const reply = box.write('answer', { re: hi.id, text: 'hello' }, NOON + 2 * MINUTE)
const aside = spark.write('note', { repo: 'app', scope: ['src'], text: 'an aside' }, NOON + 3 * MINUTE)
const renewal = box.write('renew', { until: NOON + 90 * MINUTE }, NOON + 4 * MINUTE)
const broken = spark.sign('{}')
const strange = spark.sign(`{"v":1,"kind":"sonnet","session":"s","stamp":[${NOON + 5 * MINUTE},0],"text":"hi"}`)
const all = [hi, claim, reply, aside, renewal, broken, strange]

describe('timeline', () => {
  const view = viewOf(hosts, all.toReversed())
  const select = (filter: Parameters<typeof view.timeline.select>[0]) => view.timeline.select({ lookup: id => view.record(id as typeof hi.id), ...filter }).map(({ id }) => id)

  it('tells records by corrected time, whatever the clock of their author', () => {
    expect(select({})).toEqual([broken, hi, claim, reply, aside, renewal, strange].map(({ id }) => id))
  })

  it('tells records of one time by count, host and id, the same everywhere', () => {
    const ties = hosts.flatMap(host => [1, 0].map(count => host.write('note', { text: 'tie' }, NOON, 's', count)))
    const order = (written: typeof ties) => viewOf(hosts, written).timeline.entries().map(({ id }) => id)
    expect(order(ties)).toEqual(order(ties.toReversed()))
    expect(viewOf(hosts, ties).timeline.entries().map(({ count }) => count)).toEqual([0, 0, 0, 1, 1, 1])
  })

  it.each([
    ['author', { from: [{ host: spark.host }] }, [broken, aside, strange]],
    ['session', { from: [{ host: box.host, session: 'claude-1' as SessionName }] }, [claim, reply, renewal]],
    ['another session', { from: [{ host: box.host, session: 'codex' as SessionName }] }, []],
    ['kind', { kinds: ['claim', 'note'] }, [claim, aside]],
    ['unknown kind', { kinds: ['unknown:sonnet', 'invalid'] }, [broken, strange]],
    ['talk', { talkOnly: true, since: NOON }, [hi, claim, reply, aside, strange]],
    ['time', { since: NOON + MINUTE, until: NOON + 3 * MINUTE }, [claim, reply, aside]],
    ['text', { text: 'HI' }, [hi, strange]],
    ['scope', { scope: { repositories: view.repositories, repo: 'app', items: ['src/auth/login.ts'] } }, [claim, aside]],
    ['scope of another repository', { scope: { repositories: view.repositories, repo: 'other', items: ['**'] } }, []],
    ['two who talk', { between: [{ host: mac.host }, { host: box.host }] as const }, [hi, reply]],
    ['two who do not', { between: [{ host: mac.host }, { host: spark.host }] as const }, []]
  ])('selects by %s', (_, filter, expected) => {
    expect(select(filter)).toEqual(expected.map(({ id }) => id))
  })

  it('holds an entry once that was taken out and put back', () => {
    const timeline = new Timeline()
    const [entry] = view.timeline.entries()
    if (entry === undefined) throw new Error('no entry')
    timeline.add(entry)
    timeline.entries()
    timeline.remove(entry)
    timeline.add(entry)
    expect(timeline.entries()).toEqual([entry])
  })

  it('follows what comes and goes', () => {
    const changing = viewOf(hosts, all)
    const before = changing.timeline.entries().length
    changing.dropAuthor(box.author)
    expect(changing.timeline.entries()).toHaveLength(before - 3)
    give(changing, [claim])
    changing.dropAuthor(box.author)
    give(changing, [claim])
    expect(changing.timeline.entries().map(({ id }) => id)).toEqual([broken, hi, claim, aside, strange].map(({ id }) => id))
  })
})
