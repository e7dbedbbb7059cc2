/** A vitest reporter: names at the end what was skipped, with the reason that the test gave (in its name, or through `skip(reason)`). */
export default class Skipped {
  onTestRunEnd(modules) {
    const lines = []
    for (const module of modules) {
      for (const test of module.children.allTests('skipped')) {
        const { note } = test.result()
        lines.push(`  ${module.relativeModuleId} > ${test.fullName}${note === undefined ? '' : `: ${note}`}`)
      }
    }
    if (lines.length > 0) process.stdout.write(`\n Skipped on this machine (${lines.length}):\n${lines.join('\n')}\n`)
  }
}
