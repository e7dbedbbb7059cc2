import { listOption, textArgument, textOption, type Command } from '../command.js'

interface JoinData {
  readonly linked_to: string
  readonly posture: string
  readonly round_trip_ms: number | null
  readonly records: number
  readonly missing: number
  readonly views_equal: boolean
  readonly view_hash: string
}

const standardInput = async (): Promise<string> => {
  let text = ''
  process.stdin.setEncoding('utf8')
  for await (const chunk of process.stdin) text += String(chunk)
  return text.trim()
}

export const join: Command = {
  name: 'join',
  group: 'mesh',
  summary: 'join a mesh by an invitation',
  arguments: [{ name: '<token>', description: 'what skein invite printed, or - for standard input' }],
  options: [
    { flags: '--name <name>', description: 'name of this host (the machine\'s)' },
    { flags: '--listen <address>', description: 'host:port to listen on; chosen once and kept' },
    { flags: '--advertise <address>', description: 'an address at which others can dial this host; again for more', many: true }
  ],
  examples: [
    { line: 'skein join sk1_… --name box', does: 'makes a home, dials every address of the invitation, and ends with equal views' },
    { line: 'skein join - < token.txt', does: 'keeps the token out of the shell\'s history' }
  ],
  run: async (terminal, typed) => {
    const given = textArgument(typed, 0) ?? ''
    const { join: enter } = await import('../../control/joining.js')
    const reply = await enter({
      home: terminal.home,
      token: given === '-' ? await standardInput() : given.trim(),
      name: textOption(typed, 'name'),
      listen: textOption(typed, 'listen'),
      advertise: listOption(typed, 'advertise')
    })
    return terminal.print<JoinData>(reply, data => {
      const how = data.round_trip_ms === null ? data.posture : `${data.posture}, ${data.round_trip_ms} ms`
      return `linked to ${data.linked_to} (${how}) · ${data.missing} of ${data.records} records missing · views ${data.views_equal ? 'equal' : 'not equal yet'} (${data.view_hash.slice(0, 4)}…)`
    })
  }
}
