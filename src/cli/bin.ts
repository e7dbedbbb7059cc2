#!/usr/bin/env node
import { homeFolder } from '../control/homes.js'
import { bugReply } from '../control/envelope.js'
import { skeinVersion } from '../control/version.js'
import { jsonLine } from './json-line.js'
import { program } from './program.js'
import { systemTerminal } from './terminal.js'

// a reader that went away (`skein log --follow | head`) is no error of ours, and nobody is left to go on for
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', error => {
    if (!('code' in error) || error.code !== 'EPIPE') throw error
    if (stream === process.stdout) process.exit()
  })
}

const run = async (): Promise<number> => {
  try {
    const { parse } = program({
      version: skeinVersion(),
      columns: process.stdout.columns ?? 80,
      terminal: ({ home, use, as, json }) => systemTerminal({ home: homeFolder({ home, name: use }), use: use ?? null, as, json })
    })
    return await parse(process.argv.slice(2))
  } catch (error) {
    const { envelope, exit } = bugReply(error)
    if (process.argv.includes('--json')) process.stdout.write(`${jsonLine(envelope)}\n`)
    else if (!envelope.ok) process.stderr.write(`skein: ${envelope.error.message} (BUG)\n`)
    if (process.env.SKEIN_DEBUG !== undefined) process.stderr.write(`${error instanceof Error ? error.stack : ''}\n`)
    return exit
  }
}

// timers of skein keep no process alive, and an answer that is waited for must not be lost for that
const alive = setInterval(() => undefined, 2 ** 30)
process.exitCode = await run()
clearInterval(alive)
