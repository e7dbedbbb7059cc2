/**
 * The closed table of expected failures.
 * `exit`: the command's exit code (docs/cli.md, exit codes).
 * `link`: what a failure met on a link does to it: `close` it, or `keep` it and only count.
 */
export const ERRORS = {
  // 1: no
  CLAIM_HELD: { exit: 1, link: 'keep' },
  NOT_HOLDER: { exit: 1, link: 'keep' },
  TIMEOUT: { exit: 1, link: 'keep' },
  VERIFY_FAILED: { exit: 1, link: 'keep' },
  NOT_LINKED: { exit: 1, link: 'keep' },
  CLAIM_LIVE: { exit: 1, link: 'keep' },
  NOT_ADDRESSED: { exit: 1, link: 'keep' },
  // 2: wrong use
  USAGE: { exit: 2, link: 'keep' },
  FIELD_MISSING: { exit: 2, link: 'keep' },
  FIELD_INVALID: { exit: 2, link: 'keep' },
  KIND_UNKNOWN: { exit: 2, link: 'keep' },
  PATTERN_INVALID: { exit: 2, link: 'keep' },
  ACK_OF_ACK: { exit: 2, link: 'keep' },
  ID_AMBIGUOUS: { exit: 2, link: 'keep' },
  ADDRESSEE_AMBIGUOUS: { exit: 2, link: 'keep' },
  TOO_LARGE: { exit: 2, link: 'keep' },
  SHELL_EXPANDED: { exit: 2, link: 'keep' },
  TOKEN_INVALID: { exit: 2, link: 'keep' },
  PASSPHRASE_SHORT: { exit: 2, link: 'keep' },
  // 3: no such thing
  NO_SUCH_HOST: { exit: 3, link: 'keep' },
  NO_SUCH_SESSION: { exit: 3, link: 'keep' },
  NO_SUCH_RECORD: { exit: 3, link: 'keep' },
  NO_SUCH_ROLE: { exit: 3, link: 'keep' },
  NO_SUCH_INVITATION: { exit: 3, link: 'keep' },
  NO_REPOSITORY: { exit: 3, link: 'keep' },
  PATH_OUTSIDE: { exit: 3, link: 'keep' },
  // 4: environment
  NO_HOME: { exit: 4, link: 'keep' },
  HOME_EXISTS: { exit: 4, link: 'keep' },
  HOME_UNWRITABLE: { exit: 4, link: 'keep' },
  HOME_PATH_TOO_LONG: { exit: 4, link: 'keep' },
  HOME_NEWER: { exit: 4, link: 'keep' },
  HOME_DAMAGED: { exit: 4, link: 'keep' },
  KEY_MODE: { exit: 4, link: 'keep' },
  STORE_LOCKED: { exit: 4, link: 'keep' },
  STORE_DAMAGED: { exit: 4, link: 'keep' },
  FENCED: { exit: 4, link: 'keep' },
  DISK_FULL: { exit: 4, link: 'keep' },
  NO_DAEMON: { exit: 4, link: 'keep' },
  DAEMON_HUNG: { exit: 4, link: 'keep' },
  DAEMON_NEWER: { exit: 4, link: 'keep' },
  SANDBOXED: { exit: 4, link: 'keep' },
  OPERATOR_LOCKED: { exit: 4, link: 'keep' },
  NO_OPERATOR_KEY: { exit: 4, link: 'keep' },
  PASSPHRASE_WRONG: { exit: 4, link: 'keep' },
  PORT_TAKEN: { exit: 4, link: 'keep' },
  LOG_FULL: { exit: 4, link: 'keep' },
  KEY_SPENT: { exit: 4, link: 'keep' },
  REQUEST_REFUSED: { exit: 4, link: 'keep' },
  HOST_LEFT: { exit: 4, link: 'keep' },
  // joining and linking
  JOIN_FAILED: { exit: 4, link: 'close' },
  UNREACHABLE: { exit: 4, link: 'close' },
  MESH_ID_MISMATCH: { exit: 4, link: 'close' },
  GENERATION_UNSUPPORTED: { exit: 4, link: 'close' },
  NOT_ADMITTED: { exit: 4, link: 'close' },
  INVITATION_INVALID: { exit: 4, link: 'close' },
  INVITATION_EXPIRED: { exit: 4, link: 'close' },
  INVITATION_USED: { exit: 4, link: 'close' },
  INVITATION_CANCELLED: { exit: 4, link: 'close' },
  PIN_MISMATCH: { exit: 4, link: 'close' },
  HANDSHAKE_INVALID: { exit: 4, link: 'close' },
  HANDSHAKE_TIMEOUT: { exit: 4, link: 'close' },
  LINK_DUPLICATE: { exit: 4, link: 'close' },
  LINK_SILENT: { exit: 4, link: 'close' },
  LINK_CLOSED: { exit: 4, link: 'close' },
  LINK_TOO_MANY: { exit: 4, link: 'close' },
  LINK_DELAYED: { exit: 4, link: 'keep' },
  AUTHOR_DELAYED: { exit: 4, link: 'keep' },
  LINK_INSECURE: { exit: 4, link: 'close' },
  MESSAGE_MALFORMED: { exit: 4, link: 'close' },
  SLOW_PEER: { exit: 4, link: 'close' },
  // frames and acts: refused alone, counted by code and peer
  FRAME_MALFORMED: { exit: 4, link: 'keep' },
  FRAME_TOO_LARGE: { exit: 4, link: 'keep' },
  FRAME_BAD_SIGNATURE: { exit: 4, link: 'keep' },
  FRAME_BAD_PAYLOAD_HASH: { exit: 4, link: 'keep' },
  FRAME_OTHER_MESH: { exit: 4, link: 'keep' },
  FRAME_UNKNOWN_AUTHOR: { exit: 4, link: 'keep' },
  FRAME_PAST_NAMED_HEAD: { exit: 4, link: 'keep' },
  FRAME_FORKED: { exit: 4, link: 'keep' },
  FRAME_VOID: { exit: 4, link: 'keep' },
  FRAME_STORED_DAMAGED: { exit: 4, link: 'keep' },
  ACT_MALFORMED: { exit: 4, link: 'keep' },
  ACT_BAD_SIGNATURE: { exit: 4, link: 'keep' },
  ACT_OTHER_MESH: { exit: 4, link: 'keep' },
  RECORD_INVALID: { exit: 4, link: 'keep' },
  // a defect of skein itself
  BUG: { exit: 70, link: 'close' }
} as const

export type ErrorCode = keyof typeof ERRORS

/** What it means for a home that the system refused to write a file of it, from the system's own code (`ENOSPC`, `EACCES` …). */
export const writeErrorCode = (systemCode: string): ErrorCode => (systemCode === 'ENOSPC' || systemCode === 'EDQUOT' ? 'DISK_FULL' : 'HOME_UNWRITABLE')
