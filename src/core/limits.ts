/**
 * Every bound, in one table, each with its reason. Bytes and milliseconds unless the name says otherwise.
 * Those under "generation" decide what counts: they are part of protocol generation 1 and counted along the log, so that all hosts stop
 * at the same frame. Changing one needs a new generation.
 */
export const LIMITS = {
  // generation: what a frame, a record and a log may be
  framePayloadBytes: 64 * 1024, // Yjs V1 costs about 111 ms a MiB: 64 KiB stays under 10 ms
  snapshotPartBytes: 256 * 1024, // 28 ms at worst, under the 50 ms an event loop may block
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
  actBytes: 8 * 1024,
  actSeen: 64, // newest acts an act may name

  // mesh
  members: 1_024,
  links: 64,
  profileAddresses: 8,

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

  // texts
  textChars: 8_000,
  intentChars: 2_000,
  reasonChars: 280,
  nameChars: 64,
  roleChars: 32,

  // invitations
  invitationUses: 64,
  invitationMs: 24 * 60 * 60_000,
  witnesses: 3,

  // control
  controlRequestBytes: 1024 * 1024,
  controlReplyBytes: 8 * 1024 * 1024,
  controlConcurrent: 32,
  controlMs: 30_000,
  controlConnectMs: 1_500,
  socketPathBytes: 103,
  storeLockMs: 5_000,
  passphraseChars: 12,

  // output
  foreignTextChars: 200,
  shellExpandedPaths: 20
} as const
