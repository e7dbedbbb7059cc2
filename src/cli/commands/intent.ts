import { failureReply } from '../../control/envelope.js'
import type { IntentData, IntentsData } from '../../control/operations/intents.js'
import { listOption, textArgument, textOption, type Command } from '../command.js'
import { headline, quotation } from '../records.js'
import { readSpan } from '../span-options.js'
import { saidText, SCOPE, speechOptions, spokenText } from '../speech.js'

export const intent: Command = {
  name: 'intent',
  group: 'records',
  summary: 'say what this session is about to do, and hear who is about to do something too',
  arguments: [{ name: '<text>', description: 'the plan, or - for standard input' }],
  options: [SCOPE, { flags: '--tag <tag...>', description: 'the area, such as auth', many: true }],
  examples: [{ line: "skein intent 'rename LoginForm to SignIn' --scope 'src/auth/**' --tag auth", does: 'recorded; other plans of the last ten minutes come back' }],
  run: async (terminal, typed) => {
    const text = await spokenText(textArgument(typed, 0))
    if (!text.ok) return terminal.print(failureReply(text.failure), () => '')
    const options = speechOptions(typed)
    if (!options.ok) return terminal.print(failureReply(options.failure), () => '')
    const tags = listOption(typed, 'tag')
    const reply = await terminal.call('intent', { ...options.value, ...(text.value === undefined ? {} : { text: text.value }), ...(tags.length === 0 ? {} : { tags }) })
    return terminal.print<IntentData>(reply, data => saidText(terminal, data))
  }
}

export const intents: Command = {
  name: 'intents',
  group: 'records',
  summary: 'what everybody said that they are about to do',
  options: [
    { flags: '--since <when>', description: 'a time or an age (24h)' },
    { flags: '--limit <count>', description: 'how many (50)' }
  ],
  examples: [{ line: 'skein intents --since 2h', does: 'newest first' }],
  run: async (terminal, typed) => {
    const span = readSpan(typed, ['since'])
    if (!span.ok) return terminal.print(failureReply(span.failure), () => '')
    const limit = textOption(typed, 'limit')
    const reply = await terminal.call('intents', { ...span.value, ...(limit === undefined ? {} : { limit: Number(limit) }) })
    return terminal.print<IntentsData>(reply, data =>
      data.intents.length === 0 ? 'nobody said what they are about to do' : data.intents.map(each => [headline(terminal.style, each, each.age_ms), ...quotation(each.text ?? '', terminal.columns)].join('\n')).join('\n')
    )
  }
}
