import { failureReply } from '../../control/envelope.js'
import type { RecapData } from '../../control/operations/recap.js'
import { textOption, type Command } from '../command.js'

export const recap: Command = {
  name: 'recap',
  group: 'queries',
  summary: 'what stands for this session, within a budget of tokens: for after a compaction',
  options: [{ flags: '--budget <tokens>', description: 'tokens that it may take, from 500 (2000)' }],
  examples: [
    { line: 'skein recap', does: 'what I owe, my claims and what crosses them, what was left to me, what I wait for, decisions on my scopes, whose claims are near' },
    { line: 'skein recap --budget 700', does: 'the same for a smaller context: what does not fit is counted, with the command that lists it' }
  ],
  notes: 'Tokens are estimated, never too low. The same state gives the same text: times stand in it, no ages. Nothing is marked as read.',
  run: async (terminal, typed) => {
    const budget = textOption(typed, 'budget')
    if (budget !== undefined && !/^\d{1,6}$/.test(budget)) return terminal.print(failureReply({ code: 'FIELD_INVALID', message: `--budget takes a whole number of tokens, not ${JSON.stringify(budget)}`, field: 'budget', next: ['skein recap --budget 2000'] }), () => '')
    return terminal.print<RecapData>(await terminal.call('recap', budget === undefined ? {} : { budget: Number(budget) }), ({ text }) => text)
  }
}
