import Table from 'cli-table3'

const NO_LINES = {
  top: '', 'top-mid': '', 'top-left': '', 'top-right': '', bottom: '', 'bottom-mid': '', 'bottom-left': '', 'bottom-right': '',
  left: '', 'left-mid': '', mid: '', 'mid-mid': '', right: '', 'right-mid': '', middle: '  '
}

/** Rows in aligned columns without lines, wide characters counted as they are shown. */
export const alignRows = (rows: readonly (readonly string[])[]): string => {
  if (rows.length === 0) return ''
  const table = new Table({ chars: NO_LINES, style: { 'padding-left': 0, 'padding-right': 0, border: [], head: [], compact: true } })
  for (const row of rows) table.push([...row])
  return table
    .toString()
    .split('\n')
    .map(line => line.trimEnd())
    .join('\n')
}
