import { answerSchema } from '../../src/control/schemas.js'
import type { Command } from '../../src/cli/command.js'
import { COMMANDS, GROUPS } from '../../src/cli/commands.js'
import { program } from '../../src/cli/program.js'
import { ERRORS } from '../../src/core/errors.js'

const EXIT_CODES: readonly (readonly [number, string, string])[] = [
  [0, 'done, or yes', 'advisory overlaps included: `claim` with a warning; `who` when nobody else holds it'],
  [1, 'no', '`who` when another holds it; `--strict`; not the holder; a timeout; `verify` found something'],
  [2, 'wrong use', 'an unknown command, kind or flag; a missing field; a bad pattern, with its position; an ambiguous id, with the candidates'],
  [3, 'no such thing', 'host, session, record, invitation, repository; a path outside of it'],
  [4, 'environment', 'no home, a locked or fenced store, a full disk, a hung daemon (told within 2 s), a sandbox, an operator key that needs its passphrase'],
  [70, 'a bug', 'a defect of skein: please report it'],
  [130, 'interrupted', 'Ctrl-C']
]

const codesOf = (exit: number): string =>
  Object.entries(ERRORS)
    .filter(([, error]) => error.exit === exit)
    .map(([code]) => `\`${code}\``)
    .join(' ')

/** Every command and sub-command that help shows, as it is typed. */
export const commandLines = (commands: readonly Command[], before = ''): string[] =>
  commands.filter(({ hidden }) => hidden !== true).flatMap(command => [before + command.name, ...commandLines(command.commands ?? [], `${before}${command.name} `)])

/** What `--help` prints. */
export const helpOf = async (line: string): Promise<string> => {
  let out = ''
  const write = { out: (text: string) => void (out += text), err: (text: string) => void (out += text) }
  const terminal = (): never => {
    throw new Error('a command ran')
  }
  await program({ version: '0.0.0', write, terminal }).parse([...line.split(' ').filter(word => word !== ''), '--help'])
  return out.trimEnd()
}

export const schemaFile = (line: string): string => `${line.replaceAll(' ', '-')}.json`

export const schemaText = (line: string): string => `${JSON.stringify(answerSchema(line), null, 2)}\n`

const EVERYWHERE = /\nEverywhere:\n(?: {2}.*\n)+/

const section = async (line: string): Promise<string> => {
  // the flags that stand everywhere are told once, above
  const help = (await helpOf(line)).replace(EVERYWHERE, '')
  return `### skein ${line}\n\n\`\`\`text\n${help}\n\`\`\`\n\nJSON: [schema/${schemaFile(line)}](schema/${schemaFile(line)})`
}

const group = async (name: Command['group'], title: string): Promise<string> => {
  const lines = commandLines(COMMANDS.filter(command => command.group === name))
  if (lines.length === 0) return ''
  return [`## ${title}`, ...(await Promise.all(lines.map(section)))].join('\n\n')
}

const PREFACE = `# The command line

This page is made from the definitions of the commands and held equal to \`--help\` by a test. \`npm run docs\` writes it anew.

\`skein\` alone prints \`skein status\`. \`skein help COMMAND\` is \`skein COMMAND --help\`. These flags stand with every command:

\`\`\`text
--json          print one JSON envelope instead of text
--home <dir>    the home to use (SKEIN_HOME)
--use <name>    choose among homes by name
--as <session>  speak as this session
-h, --help      print what can be typed, with examples
\`\`\`

Text for people is coloured only on a terminal, and never with \`NO_COLOR\`. Answers go to standard output; warnings and errors to standard
error, each with what to type next. A reader that goes away (\`skein log | head\`) ends the command quietly.

## Homes

A home is one host in one mesh: its keys, its store, its daemon. It is the folder after \`--home\`, else \`SKEIN_HOME\`, else the one called after
\`--use\` below \`~/.skein\`, else \`~/.skein/home\`. At most one daemon serves it (\`skein up\`); every command works without one too, on the same store
with the same answer, and waits up to five seconds for another that holds it.

A host's log holds 20,000 records (8 MiB) that still count; what has ended is left out by itself after a while (docs/architecture.md, "What a
snapshot leaves out"). \`skein status\` says how many records all hosts have. Where 19,000 still count, only what ends something is written (release,
ack, answer …), all else is \`LOG_FULL\` until some of them have ended.

## Who is asking

A session is one agent process with its conversation, or one terminal. It is found by, in order: \`--as\`; \`SKEIN_SESSION\`;
the nearest agent process above this one (all its shells are one session); an agent's own variable, where neither agent nor terminal can be
seen; else the tmux pane, or the terminal. \`skein whoami\` says which it is and how it was found. Subagents of one parent warn each other; a parent and its subagent do not.

## Ids and addressees

Records print as a kind letter and eight characters (\`c-8k2f0mqx\`); any unique beginning is taken, an ambiguous one is exit 2 with the candidates.
Something is said to \`host\`, \`host/session\` (a unique beginning is enough), \`role:R\`, or \`all\`. \`-\` is standard input. Durations are \`90s\`, \`30m\`, \`4h\`,
\`3d\`; times are an age or a date. A scope that begins with \`@\` or \`branch:\` is a name; everything else is a path or pattern from the working directory;
\`:/\` is the root of the repository. Quote patterns, or your shell expands them.

## Exit codes

| code | meaning | examples |
|---|---|---|
${EXIT_CODES.map(([code, meaning, examples]) => `| ${code} | ${meaning} | ${examples} |`).join('\n')}

The error codes behind them, as they stand in \`error.code\` and in parentheses behind a message:

${[1, 2, 3, 4, 70].map(exit => `* ${exit}: ${codesOf(exit)}`).join('\n')}

## JSON

With \`--json\` a command prints one envelope on one line, whatever comes of it (\`log\` prints one object a line, the envelope last):

\`\`\`json
{"schema_version":1,"ok":true,"data":{},
 "warnings":[{"code":"CLAIM_OVERLAP","text":"…","details":{}}],
 "freshness":{"as_of":"2026-11-20T14:06:11.204Z","view_hash":"3fa9…","complete":false,
              "silent":[{"host":"box","id":"h-…","since":"…","held":2}]},
 "next":["skein ask mac/claude-7f3a …"]}
{"schema_version":1,"ok":false,"error":{"code":"CLAIM_HELD","message":"…","field":null,"details":{}},"next":["…"],"freshness":{}}
\`\`\`

\`freshness.complete\`: every host with live claims in the repositories asked about was heard within its tempo's bound; \`silent\` names those that
were not, since when, and how many claims they then held. Keys are snake_case, codes UPPER_CASE, times ISO 8601 in UTC with milliseconds,
durations \`…_ms\`. \`skein schema COMMAND\` prints the schema that an answer keeps to.`

/** docs/cli.md. */
export const cliReference = async (): Promise<string> => {
  const groups = await Promise.all([...GROUPS].map(([name, title]) => group(name, title)))
  return `${[PREFACE, ...groups.filter(text => text !== '')].join('\n\n')}\n`
}
