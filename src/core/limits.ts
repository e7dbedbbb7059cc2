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
  frameHeaderBytes: 250, // 190 today; room for a newer minor, and 1,025 with their signatures still fit into one message (a proof against a key)
  recordBytes: 32 * 1024, // half a payload, so that a frame always holds a record and what Yjs adds
  recordKeyBytes: 256, // an id has 32; room for a newer minor
  liveRecordsPerAuthor: 20_000, // 14 MB of heap for the greediest author (0.7 KB each)
  documentBytesPerAuthor: 8 * 1024 * 1024, // a snapshot of it is decoded within a second on any host
  logBytesSinceSnapshot: 16 * 1024 * 1024, // what is replayed at a start or a cold join; twice the document
  logFramesSinceSnapshot: 10_000, // as above: 10,000 frames are checked within a second
  epochsPerKey: 1_024, // one is opened after a loss, not in daily work; bounds heads and stores against one key, which is void with all its epochs beyond
  jsonDepth: 32, // no record nests more than 4; a parser's stack never grows with the input
  idsPerRecord: 512, // 18 KiB of ids: `release --all` of more is several records
  claimsPerResolve: 16, // claims that one word settles: what a person looks at together; more is several records
  hostsPerAddressee: 512, // the sender lists who a role or all are; more is several records
  turnAheadMinutes: 10, // a turn this far past its record's own time is no turn: it would push every later claim back
  actBytes: 128 * 1024, // of a kind that names heads: a leave names that of every epoch, 1,024 of them at about 110 bytes
  plainActBytes: 16 * 1024, // of any other kind: a witness with 64 ids seen takes 3 KB
  revokedKeys: 64, // keys that one act revokes: all that one machine ever had
  actSeen: 64, // newest acts an act may name
  operators: 64, // whose acts are kept: people who may sign for the mesh, and those who were revoked
  actsOfOperator: 2_048, // of one kind, by one operator: its word is trusted, and still ends somewhere
  policies: 256, // that stand, the latest: each claim is held against all of them, some 10 µs each
  directiveChars: 2_000, // three paragraphs; it heads every status
  policyValueChars: 128, // a word, or a host's id and a session
  unknownActsOfHost: 64, // of kinds that are not in the table, by a host: 1 MiB
  witnessesBeyondUses: 8, // of one host for one invitation, beyond its uses: an honest one writes none, a malicious one 70 KB
  leavesOfHost: 2, // the first says it; a second comes of a store that was set back

  // mesh
  retiredEpochs: 960, // heads that fit into a retire act of 128 KiB beside 64 ids, newest first
  members: 1_024, // heads of all fit into one message of 320 KiB
  links: 64, // a full mesh up to 32 hosts, and as many again on their way in or out
  profileAddresses: 8, // LAN, VPN and a name for each of IPv4 and IPv6; nobody has a host dialled at a hundred places
  importedKeys: 2_048, // public keys kept ready for verification: twice the members, for rotated keys

  // links
  unauthenticatedConnections: 16, // strangers at once; a reconnecting fleet passes in turns of a few ms each
  credentialActs: 4, // an invitation, one witness and two rotations: twelve signatures of a stranger at most
  credentialBytes: 12 * 1024, // a rotation that names a hundred acts; of a larger one others tell
  unauthenticatedBytes: 16 * 1024, // a hello and a proof take 600, with the acts that vouch for a rotated key up to credentialBytes more
  handshakeMs: 5_000, // two round trips; generous for a loaded laptop on a bad line
  messageBytes: 320 * 1024, // one snapshot part and its header
  framesPerReplyBytes: 256 * 1024, // 28 ms of decoding at worst, under the 50 ms an event loop may block
  itemsPerMessage: 128, // acts or proofs: at most three signatures each, under the 50 ms an event loop may block
  authorFramesPerSecond: 500, // of one host in the long run: ten times its busiest minute, and 5 % of one core to check them
  authorBurstFrames: 10_000, // at once: a whole log since its snapshot, so that whoever catches up waits for nothing
  authorBytesPerSecond: 1024 * 1024, // as the frames: what a busy host writes in ten minutes
  authorBurstBytes: 32 * 1024 * 1024, // as the frames: a document, its log since, and the next snapshot
  linkSignaturesPerSecond: 2_000, // that one peer may have checked unasked: a sixth of a core
  linkBurstSignatures: 20_000, // what 32 busy hosts bring by one link after a partition
  framesPerReply: 256, // as above: 256 signatures take 30 ms
  sendQueueBytes: 4 * 1024 * 1024, // what one slow peer may cost in memory; behind it pushes wait and pull catches up
  slowPeerBytes: 16 * 1024 * 1024, // four times that: the pushes of one large commit and the answers to small questions; behind it the link closes
  beatMs: 5_000, // tempo "normal"; the only one until tempo is built
  silentMs: 15_000, // a link without a byte for three beats is half-open, and is noticed at that moment
  dialsAtOnce: 16, // dials under way; two addresses of eight hosts that are all away, and none waits behind made-up ones
  seekMs: 2_000, // what the first writing of a daemon, or after a pause, waits for a peer to show the own log: a few round trips; no fork can come of a shorter one that is seen in time
  dialMs: 5_000, // a TCP retransmission or two; then the next address
  unauthenticatedPerSecond: 20, // TCP connections from one remote address; a busy office behind one NAT stays below
  unauthenticatedBurst: 5, // the addresses of one host dialled at once
  unauthenticatedAddresses: 1_024, // remote addresses whose rate is remembered
  httpHeaderBytes: 8 * 1024, // the upgrade request is 300 bytes
  httpHeadersMs: 5_000, // as handshakeMs, of which it is a part
  httpRequestMs: 15_000, // Node asks for more than the headers' time; nothing but an upgrade is ever sent
  httpKeepAliveMs: 5_000, // nobody has a second request
  messageFragments: 16, // skein sends each message as one; a stock client may split a few times
  messageChunks: 16 * 1024, // pieces of one message as TCP hands them over: 20 bytes each at worst
  tcpKeepAliveMs: 30_000, // only to let the system forget dead sockets; silentMs finds them first
  closeMs: 1_000, // after the close frame the socket is destroyed
  closeReasonBytes: 123, // RFC 6455 section 5.5
  wantsPerLink: 512, // half of what a peer takes at once (members), so that asking is never held against this host; the next heads bring the rest
  actIds: 64 * 1024, // of one peer: 1,024 members with an invitation and three witnesses each need 5,000; 6 MB of heap
  historyLinks: 4, // peers asked for history at once: their answers, 256 KiB each, wait for one disk
  historyPatienceMs: 5_000, // history is nothing that anybody waits for; a busy peer serves it last
  historyRestMs: 5_000, // a peer that had nothing of an author is asked again after a beat, then after twice as long …
  historyRestMaxMs: 60 * 60_000, // … and in the end once an hour: it may have filled in its own meanwhile
  peerTextChars: 200, // what a peer says when it refuses a link is one line
  badFramesPerLink: 64, // after so many frames that no honest member sends, the link closes

  unjudgedActBytes: 16 * 1024 * 1024, // of a host that lost its roster, before the genesis comes: the acts of the largest mesh twice over

  // clocks
  clockAheadMs: 5 * 60_000, // a foreign stamp never drives the own clock further ahead of the wall
  pauseMs: 60_000, // longer than any scheduling hiccup, shorter than a lid that was closed

  // claims
  liveClaimsPerHost: 1_024, // twenty agents with fifty claims each; a host makes no more, and readers stop it by its records (liveRecordsPerAuthor)
  leaseDefaultMs: 30 * 60_000, // a turn of work; renewed at a third of it while there is activity
  leaseMinMs: 30_000, // six beats: a shorter one could end during one redial
  leaseAgentMaxMs: 4 * 60 * 60_000, // what a forgotten agent may hold back
  leasePersonMaxMs: 30 * 24 * 60 * 60_000, // a person's month
  advantageMinutes: 10, // by which a policy brings a claim's minute forward: sight still goes before it (rules E2)
  offerMs: 24 * 60 * 60_000, // how long what is handed over can be taken, or its lease if that is longer: whoever is asked looks in within a day
  leaseGraceMs: 30_000, // a renewal that was late by a redial and a beat
  tagNoticeMs: 60 * 60_000, // a shared tag is a hint: of one session once an hour
  patternsPerClaim: 64, // what a person reads; more is a folder
  itemsPerCommand: 1_024, // 16 claims; what a shell expanded to more than that is no scope
  claimsListed: 5_000, // in one answer, of about 400 bytes each
  claimListBytes: 6 * 1024 * 1024, // of the 8 MiB that an answer may have
  holdersListed: 32, // of one scope, in one answer; the rest is a count
  crossingLooks: 20_000, // claims looked at for the crossings of one listing: about 20 ms
  patternChars: 256, // deeper paths than any repository has kept; bounds the automaton
  patternWildcards: 16, // with patternChars the bound of patternEdges
  patternAlternatives: 64, // what braces may stand for; reading them all stays under 1 ms
  patternEdges: 288, // of its automaton; 256 characters without braces need at most 280, and two of 288 look at 83,000 pairs: about 1 ms
  scopeInclusionSteps: 12_000, // "covers every path of" is exponential at worst; this is about 1 ms
  scopesCached: 2_048, // parsed scopes, some 2 KB each

  // waiting
  waitDefaultMs: 4 * 60 * 60_000, // as long as any agent's lease
  waitMaxMs: 24 * 60 * 60_000, // a night and a day: what nobody ended is over then, whatever became of its session
  waitKeptMs: 60 * 60_000, // after its end: who was away reads that it was waited for, and `skein contention` reads the disk
  waitsOfSession: 16, // that count in the wait-for graph; nobody waits in more places at a time
  waitLookMs: 60_000, // a wait wakes on the change itself and when a lease ends; this only for a clock that was set
  waitUnattendedMs: 60_000, // a wait that a command stood behind when the daemon ended: so long for it to be resumed
  contentionRate: 0.05, // of tries that had to wait: above it work should be cut differently
  contentionDaily: 20, // waits a day, the same
  contentionLongestMs: 10 * 60_000, // one wait, the same
  contentionAgents: 3, // sessions at one scope at once, the same
  contentionTries: 20, // of one scope, from which on its rate says anything: of fewer a single wait is over 5 %
  mutexLookMs: 1_000, // whether a command that outlived the daemon still runs: one look at the process table

  // ephemeral hosts
  retireAfterMs: 24 * 60 * 60_000, // rules B8: a day past the last lease
  retireCheckMs: 10 * 60_000, // looked at this often; a day is not counted in seconds
  retiredEphemeralEpochs: 64, // heads that a member names of an ephemeral host: 16 KiB hold 130

  // writing
  endingRecords: 1_000, // of a host's 20,000 records, kept for what ends others: a full log can still release, ack and answer
  endingBytes: 512 * 1024, // of its 8 MiB, the same

  // compaction: what the author's next snapshot may leave out, and when one is written (docs/architecture.md, "What a snapshot leaves out")
  endedKeptMs: 15 * 60_000, // nothing younger is dropped, and every lease and deadline is over for so long: twice what an honest clock is off by, and followers have had it
  staleClaimKeptMs: 3 * 24 * 60 * 60_000, // a claim that lapsed and was not released can be taken up, or over, after a weekend
  saidKeptMs: 14 * 24 * 60 * 60_000, // who was away for two weeks still finds in its inbox what was said to it; what came before is history
  intentKeptMs: 3 * 24 * 60 * 60_000, // plans and states are of the day; a weekend more for `skein intents --since`
  noteKeptMs: 30 * 24 * 60 * 60_000, // something to remember, which nothing ends: a month
  compactRecords: 1_000, // fewer are read in 30 ms at a start: rewriting them saves nothing
  compactLookMs: 10 * 60_000, // how often it is looked what has ended (0.1 s for 20,000 records): a lease is half an hour
  compactFullLookMs: 60_000, // the same where the log is full and somebody waits
  compactDailyMs: 24 * 60 * 60_000, // where too little has ended for a snapshot to pay soon: once a day, if a tenth has

  // history
  historyReadFrames: 256, // frames that are read and decoded at a time: some 5 ms, then the daemon does what else waits
  historyReadBytes: 1024 * 1024, // the same of large ones
  historySlackMs: 10 * 60_000, // a record's time and that of its frame: a foreign stamp drives the clock five minutes ahead, and an offset is measured anew
  historyMs: 15_000, // of one question, half of controlMs: then it is said how far it was looked
  touchMs: 250, // that `who` looks on disk for who had a free path last, beyond the newest 256 records there: some 10,000 records back
  logRecords: 10_000, // the newest, in one answer: under its 8 MiB at usual size
  logPage: 1_000, // records in one answer: of usual size under a megabyte
  conversationRecords: 10_000, // the newest, in one answer: of usual size 4 MiB

  // export
  exportBytes: 1024 * 1024, // frames or acts in one answer: with base64 and the records beside them under half of its 8 MiB
  exportLookedAtBytes: 8 * 1024 * 1024, // frames looked through for one answer where few pass: under a second

  // recap
  recapTokens: 2_000, // what a session reads after its context was compacted: a hundredth of a usual one
  recapTokensMin: 500, // the counts of all classes, who asks and who is silent always fit
  recapTokensMax: 100_000, // in one answer; more is a listing

  // texts
  textChars: 8_000, // two screens; longer things are files
  intentChars: 2_000, // a plan in a paragraph or three
  failureChars: 500, // of a failing command's last words: the error itself, without its log
  reasonChars: 280, // one line that others read beside a warning
  nameChars: 64, // fits a column and a DNS label
  roleChars: 32, // fits a column

  // sessions
  sessionsKept: 2_048, // known to one host; the one that asked longest ago is forgotten
  sessionTokens: 16, // one process, and the conversations it had
  sessionRecentMs: 24 * 60 * 60_000, // who asked within a day may still read what is said to everybody
  sessionNoteMs: 60_000, // when a session asked last is noted on disk this often, not at each command
  sessionWatchMs: 5_000, // a beat: so long after its process a session is known to have ended
  dirtyPathsMs: 2_000, // git looks at a large work tree; a handoff without its paths is better than none
  callerAncestors: 64, // a process tree deeper than this has a loop or no end
  callerAgents: 16, // agents started by agents
  callerPsMs: 2_000, // ps takes 20 ms; one that hangs must not hang the command
  callerPsBytes: 16 * 1024 * 1024, // 100,000 processes

  // invitations
  invitationUses: 64, // a classroom; bounds what a leaked token lets in
  invitationMs: 24 * 60 * 60_000, // a day to walk to the other machine
  witnesses: 3, // one may be revoked and another never come back, and the newcomer still stands
  tokenChars: 2 * 1024, // fits a terminal's line buffer and a chat message
  addressChars: 256, // a DNS name has 253

  // control
  controlRequestBytes: 1024 * 1024, // 32 texts of 8,000 characters in four bytes each
  controlReplyBytes: 8 * 1024 * 1024, // 20,000 short rows; more is asked for in parts
  controlConcurrent: 32, // agents of one machine that ask at once
  controlHeld: 64, // calls that only wait: beside controlConcurrent, so that those who wait never keep out those who work
  heldLineChars: 1_024, // what the caller of a held call says is a word and a pid
  heldLines: 16, // the same, before anybody listens
  controlMs: 30_000, // a join or sync may wait for peers
  syncMs: 14_000, // `skein sync` ends within 15 s; an address may take dialMs and handshakeMs of it
  controlConnectMs: 1_500, // with the answer's start-up below the 2 s in which every command says what is wrong
  socketPathBytes: 103, // macOS keeps 104 with the final zero, Linux 108
  storeLockMs: 5_000, // another command ends within milliseconds; a slow disk may need seconds
  passphraseChars: 12, // with scrypt beyond guessing for what one key file is worth
  keyFileBytes: 4 * 1024, // 700 today

  // repositories
  gitFileBytes: 8 * 1024, // HEAD, a ref, a `.git` file: one line, at most a path
  gitConfigBytes: 1024 * 1024, // hundreds of remotes and branches; read whole
  packedRefsBytes: 32 * 1024 * 1024, // half a million refs; read within about 30 ms
  skeinFileBytes: 64 * 1024, // a page of settings written by hand
  remoteChars: 2_048, // longer than any URL that a forge makes
  remotes: 64, // forks of everybody in a team
  repositoryKeyChars: 512, // host, owner and name at their own limits
  pathInputChars: 4_096, // what is typed may be absolute; the canonical item is bounded by patternChars
  pathSegmentBytes: 255, // no common file system has longer names
  symlinkHops: 40, // as Linux
  rootCommitMs: 2_000, // git walks a large history; no command waits longer for a name
  gitIgnoreMs: 500, // git answers in 5 ms; a warning does not wait longer to know that it is not needed
  enrolledRepositories: 1_024, // one note holds the list: 1,024 of 400 bytes
  checkoutsPerRepository: 64, // worktrees of a fleet on one machine

  // store
  diskFreeMinBytes: 64 * 1024 * 1024, // with less, commits are refused: LevelDB still has room for its compaction and the next start
  unfinishedBytesPerKey: 32 * 1024 * 1024, // parts of snapshots that wait in memory for the last one, over all epochs of a key: two of the largest; beyond it they are read from the disk again
  fallenFramesPerKey: 16_384, // of one key, that an act took out of the mesh and that come back if it falls: the largest log since its snapshot (10,064), and half of another
  diskLowBytes: 256 * 1024 * 1024, // four times that, at which `status` begins to warn: some 150,000 claims before the end
  diskForHistoryBytes: 512 * 1024 * 1024, // with less, history is not fetched: twice what makes it go again
  diskWatchMs: 30_000, // a disk that fills at 50 MB/s loses six times diskLowBytes meanwhile; commits check on their own
  diskShortMs: 1_000, // while it is short, as often as the store asks itself
  retiredAtOnce: 4_096, // frames of history that go with one reading of the disk: 2 MB of small ones, 256 MB at most
  diskCheckMs: 1_000, // statfs at most so often
  storeGroupBytes: 4 * 1024 * 1024, // commits that waited are written with one fsync, up to LevelDB's own write buffer

  // talk
  reminders: 5, // the last one comes five hours after the question: who has not answered by then will not by a sixth
  reminderMs: 10 * 60_000, // the first; each next one waits twice as long as the one before
  unackedMs: 2 * 60 * 60_000, // so long unanswered, a peer is told of before it is sent more; `warn` in home.json says otherwise
  unackedCount: 1, // one is enough to be told of
  attentionMs: 5 * 60_000, // an agent that works looks more often
  recipientsWarned: 4, // by name; of more only how many
  proposalCrossMs: 10 * 60_000, // as intents: so close together they were likely made without knowing of each other
  proposalOverlapMs: 24 * 60 * 60_000, // what was proposed today still counts for who proposes; older ones lie in `log`
  proposalsListed: 3, // newest first
  intentConcurrentMs: 10 * 60_000, // two plans so close together were likely made without knowing of each other
  intentsListed: 3, // newest first; all of them with `skein intents`
  intentShownChars: 80, // of each plan in a warning: three of them stay under a screen's few lines
  arrivalsKept: 4_096, // records that a follower may lag behind before it is sent to the timeline
  followMs: 25_000, // a long poll ends before any timeout of the control socket
  followers: 16, // half of controlConcurrent: those who watch never keep out those who work

  // output
  foreignTextChars: 200, // one quoted line of what others wrote
  shellExpandedPaths: 20 // nobody types so many files of one folder by hand
} as const
