/**
 * Every bound, in one table, each with its reason. Bytes and milliseconds unless the name says otherwise.
 * Those under "generation" decide what counts: they are part of protocol generation 1 and counted along the log, so that all hosts stop
 * at the same frame. Changing one needs a new generation.
 */
export const LIMITS = {
  // generation: what a frame, a record and a log may be
  framePayloadBytes: 64 * 1024, // Yjs V1 costs about 111 ms a MiB: 64 KiB stays under 10 ms
  snapshotPartBytes: 256 * 1024, // 28 ms at worst, under the 50 ms an event loop may block
  snapshotParts: 64, // twice a document of the largest size: more is never a snapshot that counts
  frameHeaderBytes: 1024, // 200 today; room for a newer minor
  recordBytes: 32 * 1024,
  recordKeyBytes: 256,
  liveRecordsPerAuthor: 20_000,
  documentBytesPerAuthor: 8 * 1024 * 1024,
  logBytesSinceSnapshot: 16 * 1024 * 1024,
  logFramesSinceSnapshot: 10_000,
  liveClaimsPerHost: 1_024,
  epochsPerKey: 1_024,
  jsonDepth: 32,
  idsPerRecord: 512, // 18 KiB of ids: `release --all` of more is several records
  hostsPerAddressee: 512, // the sender lists who a role or all are; more is several records
  turnAheadMinutes: 10, // a turn this far past its record's own time is no turn: it would push every later claim back
  actBytes: 128 * 1024, // a leave names the head of every epoch: 1,024 of them at about 110 bytes
  actSeen: 64, // newest acts an act may name

  // mesh
  members: 1_024,
  links: 64,
  profileAddresses: 8,
  importedKeys: 2_048, // public keys kept ready for verification: twice the members, for rotated keys

  // links
  unauthenticatedConnections: 16,
  unauthenticatedBytes: 4 * 1024,
  handshakeMs: 5_000,
  messageBytes: 320 * 1024, // one snapshot part and its header
  framesPerReplyBytes: 256 * 1024,
  framesPerReply: 256,
  sendQueueBytes: 4 * 1024 * 1024,
  beatMs: 5_000, // tempo "normal"; the only one until tempo is built
  silentMs: 15_000, // a link without a byte for three beats is half-open
  dialMs: 5_000,
  unauthenticatedPerSecond: 20, // TCP connections from one remote address; a busy office behind one NAT stays below
  unauthenticatedBurst: 5,
  unauthenticatedAddresses: 1_024, // remote addresses whose rate is remembered
  httpHeaderBytes: 8 * 1024, // the upgrade request is 300 bytes
  httpHeadersMs: 5_000, // as handshakeMs, of which it is a part
  httpRequestMs: 15_000,
  httpKeepAliveMs: 5_000,
  messageFragments: 16, // skein sends each message as one; a stock client may split a few times
  messageChunks: 16 * 1024, // pieces of one message as TCP hands them over: 20 bytes each at worst
  tcpKeepAliveMs: 30_000, // only to let the system forget dead sockets; silentMs finds them first
  closeMs: 1_000, // after the close frame the socket is destroyed
  closeReasonBytes: 123, // RFC 6455 section 5.5
  badFramesPerLink: 64, // after so many frames that no honest member sends, the link closes

  // clocks
  clockAheadMs: 5 * 60_000, // a foreign stamp never drives the own clock further ahead of the wall
  pauseMs: 60_000,

  // claims
  leaseDefaultMs: 30 * 60_000,
  leaseMinMs: 30_000,
  leaseAgentMaxMs: 4 * 60 * 60_000,
  leasePersonMaxMs: 30 * 24 * 60 * 60_000,
  leaseGraceMs: 30_000,
  patternsPerClaim: 64,
  patternChars: 256,
  patternWildcards: 16,
  patternAlternatives: 64, // what braces may stand for; reading them all stays under 1 ms
  patternEdges: 288, // of its automaton; 256 characters without braces need at most 280, and two of 288 look at 83,000 pairs: about 1 ms
  scopeInclusionSteps: 12_000, // "covers every path of" is exponential at worst; this is about 1 ms
  scopesCached: 2_048, // parsed scopes, some 2 KB each

  // texts
  textChars: 8_000,
  intentChars: 2_000,
  reasonChars: 280,
  nameChars: 64,
  roleChars: 32,

  // sessions
  sessionsKept: 2_048, // known to one host; the one that asked longest ago is forgotten
  sessionTokens: 16, // one process, and the conversations it had
  sessionNoteMs: 60_000, // when a session asked last is noted on disk this often, not at each command
  callerAncestors: 64, // a process tree deeper than this has a loop or no end
  callerAgents: 16, // agents started by agents
  callerPsMs: 2_000, // ps takes 20 ms; one that hangs must not hang the command
  callerPsBytes: 16 * 1024 * 1024,

  // invitations
  invitationUses: 64,
  invitationMs: 24 * 60 * 60_000,
  witnesses: 3,
  tokenChars: 2 * 1024, // fits a terminal's line buffer and a chat message
  addressChars: 256,

  // control
  controlRequestBytes: 1024 * 1024,
  controlReplyBytes: 8 * 1024 * 1024,
  controlConcurrent: 32,
  controlMs: 30_000,
  controlConnectMs: 1_500,
  socketPathBytes: 103,
  storeLockMs: 5_000,
  passphraseChars: 12,
  keyFileBytes: 4 * 1024, // 700 today

  // repositories
  gitFileBytes: 8 * 1024, // HEAD, a ref, a `.git` file: one line, at most a path
  gitConfigBytes: 1024 * 1024,
  packedRefsBytes: 32 * 1024 * 1024, // half a million refs; read within about 30 ms
  skeinFileBytes: 64 * 1024,
  remoteChars: 2_048,
  remotes: 64,
  repositoryKeyChars: 512,
  pathInputChars: 4_096, // what is typed may be absolute; the canonical item is bounded by patternChars
  pathSegmentBytes: 255, // no common file system has longer names
  symlinkHops: 40, // as Linux
  rootCommitMs: 2_000,
  enrolledRepositories: 1_024,
  checkoutsPerRepository: 64,

  // store
  diskFreeMinBytes: 64 * 1024 * 1024, // with less, commits are refused: LevelDB still has room for its compaction and the next start
  diskCheckMs: 1_000, // statfs at most so often
  storeGroupBytes: 4 * 1024 * 1024, // commits that waited are written with one fsync, up to LevelDB's own write buffer

  // output
  foreignTextChars: 200,
  shellExpandedPaths: 20
} as const
