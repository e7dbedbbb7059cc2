// What is switched off, one rule at a time. `seen` names who must notice: a scenario of the simulator
// (test/sim/scenarios.ts), or test files. A rule without a mutation here is one that nobody has shown to be tested.

/** @typedef {{ scenario: string, seeds?: number, from?: number }} InHistories */
/** @typedef {{ tests: readonly string[] }} InTests */
/** @typedef {{ file: string, find: string, replace: string }} Edit `find` stands exactly once in the file */
/** @type {readonly (Edit & { rule: string, says: string, with?: readonly Edit[], seen: InHistories | InTests })[]} */
export const MUTATIONS = [
  {
    rule: 'A2',
    says: 'a frame counts by its own signature on every path',
    file: 'src/core/replica/reception/intake.ts',
    find: 'frame => verifyFrame(this.#parts.crypto, this.#parts.mesh, frame))',
    replace: 'frame => trustStoredFrame(this.#parts.crypto, this.#parts.mesh, frame))',
    seen: { scenario: 'bad signature inside the chain' }
  },
  {
    rule: 'A2',
    says: 'the header commits to the payload',
    file: 'src/core/replication/verification.ts',
    find: "if (!payloadHolds(crypto, frame)) return failure('FRAME_BAD_PAYLOAD_HASH'",
    replace: "if (crypto === null) return failure('FRAME_BAD_PAYLOAD_HASH'",
    seen: { scenario: 'bad signature inside the chain' }
  },
  {
    rule: 'A3',
    says: 'a record that is not what its name says it is counts for nothing',
    file: 'src/core/coordination/view.ts',
    find: 'if (!this.#isOwn(hostKey, id, text)) return\n',
    replace: '',
    seen: { tests: ['test/core/coordination/view.test.ts', 'test/core/replica/malice.test.ts'] }
  },
  {
    rule: 'A4',
    says: 'foreign updates are held against a white list before Yjs sees them',
    file: 'src/core/replication/document.ts',
    find: 'const fault = inspectUpdate(update, this.clientId, this.#clock(doc), this.#ends(doc))\n',
    replace: 'const fault = this.clientId < 0 ? inspectUpdate(update, this.clientId, this.#clock(doc), this.#ends(doc)) : null\n',
    seen: { tests: ['test/core/replication/document.test.ts'] }
  },
  {
    rule: 'A4',
    says: 'nothing is ever written under the clientID of a document that reads',
    file: 'src/core/replication/document.ts',
    find: 'this.#doc.clientID = READER\n',
    replace: 'this.#doc.clientID = clientId\n',
    seen: { scenario: 'everything' }
  },
  {
    rule: 'B1',
    says: 'the digest of the acts is part of heads',
    file: 'src/core/replication/heads.ts',
    find: "domainPrefix('heads', mesh).raw(fromHex(actsDigest) ?? new Uint8Array(32))",
    replace: "domainPrefix('heads', mesh).raw(new Uint8Array(32))",
    seen: { tests: ['test/vectors'] }
  },
  {
    rule: 'B2',
    says: 'a newcomer shows its key signed with the invitation',
    file: 'src/core/coordination/membership/admissions.ts',
    find: 'if (invitation?.key !== body.key || writer === key ||',
    replace: 'if (invitation === undefined || writer === key ||',
    seen: { tests: ['test/core/coordination/membership'] }
  },
  {
    rule: 'B3',
    says: 'an invitation lets in as many as it says',
    file: 'src/core/coordination/membership/admissions.ts',
    find: 'usedBy.length < uses\n',
    replace: 'usedBy.length < uses + 1_000\n',
    seen: { tests: ['test/core/coordination/membership'] }
  },
  {
    rule: 'B4',
    says: 'what lies off the chain of a named head is refused',
    file: 'src/core/replica/reception/intake.ts',
    find: "if (admission.state === 'named' && admission.head !== null) return this.#decideNamed(",
    replace: "if (admission.state === 'named' && admission.head !== null && seq < 0) return this.#decideNamed(",
    seen: { scenario: 'stolen key, revoked' }
  },
  {
    rule: 'B4',
    says: 'what lies past a named head is refused',
    file: 'src/core/replica/reception/intake.ts',
    find: "if (admission.state === 'named' && seq > (admission.head?.seq ?? -1)) return {",
    replace: "if (admission.state === 'named' && seq < -1) return {",
    // an epoch that the act does not name would be stored, and still not be shown: two guards
    with: [{ file: 'src/core/replica/reception/intake.ts', find: "if (admission.state !== 'named') return this.#parts.logs.isForked(", replace: "if (admission.state !== 'named' || admission.head === null) return this.#parts.logs.isForked(" }],
    seen: { scenario: 'stolen key, revoked' }
  },
  {
    rule: 'B5',
    says: 'only a higher-ranked operator revokes an operator',
    file: 'src/core/coordination/membership/operators.ts',
    find: 'for (const revoked of act.content.body.operators) if (!ranks.has(revoked)) revocations',
    replace: 'for (const revoked of act.content.body.operators) revocations',
    seen: { tests: ['test/core/coordination/membership'] }
  },
  {
    rule: 'B5',
    says: 'an act of a revoked operator stands only if every revocation of it had seen it',
    file: 'src/core/coordination/membership/operators.ts',
    find: 'if (!left.every(stays => stays.has(act.id)) || ',
    replace: 'if (',
    seen: { tests: ['test/core/coordination/membership'] }
  },
  {
    rule: 'B6',
    says: 'a rotation is signed by the old key and by the new one',
    file: 'src/core/coordination/membership/rotation.ts',
    find: ' && crypto.verify(bytesOf(byOld), statement, bytesOf(old))',
    replace: '',
    seen: { tests: ['test/core/coordination/membership'] }
  },
  {
    rule: 'B7',
    says: 'of what a viewer writes only a few kinds count',
    file: 'src/core/coordination/view.ts',
    find: "if (member.role === 'viewer' &&",
    replace: "if (member.role === 'nobody' &&",
    seen: { tests: ['test/core/coordination/view.test.ts'] }
  },
  {
    rule: 'C1',
    says: 'an epoch has eight random bytes, so that two copies never open the same one',
    file: 'src/core/replication/own-log.ts',
    find: '.raw(this.#randomSeed).u32(this.#opened++).done()).subarray(0, 8)',
    replace: '.u32(this.#opened++).done()).subarray(0, 8)',
    seen: { scenario: 'store lost' }
  },
  {
    rule: 'C2',
    says: 'what ends a record leaves with it or later, never before it',
    file: 'src/core/coordination/compaction/droppable.ts',
    find: '  keepBound(going, records)\n',
    replace: '',
    seen: { tests: ['test/core/coordination/compaction'] }
  },
  {
    rule: 'C2',
    says: 'what another epoch of the key holds is not left out of this one',
    file: 'src/core/coordination/compaction/droppable.ts',
    find: ' || document.elsewhere(id)) continue',
    replace: ') continue',
    seen: { tests: ['test/core/coordination/compaction'] }
  },
  {
    rule: 'C3',
    says: 'two neighbours of which the second does not name the first are a proof',
    file: 'src/core/replica/reception/intake.ts',
    find: "if (held !== null) return { type: 'forked', proof: makeForkProof(frame.header.author, held, frame) }",
    replace: "if (held !== null) return { type: 'gap', author: frame.header.author }",
    seen: { scenario: 'equivocating member', seeds: 200 }
  },
  {
    rule: 'C3',
    says: 'a forked epoch is void on every host',
    file: 'src/core/replica/forks/forks.ts',
    find: 'if (!intake.voidFork(proof)) return\n    for (const records of lost)',
    replace: 'if (intake.voidFork === undefined) return\n    for (const records of lost)',
    seen: { scenario: 'equivocating member' }
  },
  {
    rule: 'C3',
    says: 'a proof is told to nobody before it is on disk',
    file: 'src/core/replica/commits.ts',
    find: 'return this.#unstored.proofs.has(author) || [',
    replace: 'return this.#unstored.proofs.has(author) && [',
    seen: { scenario: 'equivocating member' }
  },
  {
    rule: 'C4',
    says: 'what was live in a void epoch is published again by its owner',
    file: 'src/core/replica/own/epochs.ts',
    find: 'for (const [id, text] of records) this.#rescued.set(id, text)',
    replace: 'for (const [id, text] of records) if (text.length < 0) this.#rescued.set(id, text)',
    seen: { scenario: 'copied home' }
  },
  {
    rule: 'C5',
    says: 'a host that lacks frames below a snapshot goes on from it',
    file: 'src/core/replication/log.ts',
    find: "const fits = kind === 'snapshot' && pulled && (part === 0",
    replace: "const fits = kind === 'snapshot' && seq < 0 && pulled && (part === 0",
    seen: { scenario: 'disks that fail' }
  },
  {
    rule: 'C6',
    says: 'nothing after a void frame counts until the next snapshot',
    file: 'src/core/replication/log.ts',
    find: 'if (this.#voidSince !== null) return { type: \'void\', fault: `void since frame ${this.#voidSince}` }\n',
    replace: '',
    // the document of a void epoch takes nothing either: two guards, of which each is enough
    with: [{ file: 'src/core/replication/document.ts', find: 'this.#doc = null\n    return { ok: false, fault }', replace: 'return { ok: false, fault }' }],
    seen: { tests: ['test/core/replication/log.test.ts', 'test/core/replication/document.test.ts', 'test/core/replica/intake.test.ts'] }
  },
  {
    rule: 'C7',
    says: 'a host in doubt about its own past opens a new epoch',
    file: 'src/core/replica/own/doubts.ts',
    find: 'if (this.pending !== null) return\n    this.#last =',
    replace: 'if (this.pending === null) return\n    this.#last =',
    seen: { scenario: 'restored store' }
  },
  {
    rule: 'D1',
    says: 'heads name hashes, not only numbers',
    file: 'src/core/replication/heads.ts',
    find: "const hash = head.state === 'held' ? head.hash : NO_HASH",
    replace: "const hash = head.state === 'held' ? NO_HASH : NO_HASH",
    seen: { scenario: 'copied home' }
  },
  {
    rule: 'D1',
    says: 'a forked epoch is named as such',
    file: 'src/core/replication/log-book.ts',
    find: "heads.push({ author, state: 'forked' })",
    replace: "heads.push({ author, state: 'held', seq: this.headSeq(author), hash: this.get(author)?.headHash ?? '0'.repeat(64) })",
    seen: { scenario: 'copied home' }
  },
  {
    rule: 'E1',
    says: "no host's record ends another host's",
    file: 'src/core/coordination/claims/standing.ts',
    find: '    if (!ownRecord(claim, ending)) continue\n',
    replace: '',
    seen: { tests: ['test/core/coordination/claims'] }
  },
  {
    rule: 'E2',
    says: 'a claim never gets a turn before that of one that its host held',
    file: 'src/core/coordination/claims/turn.ts',
    find: 'if (turn[0] < minute) continue',
    replace: 'if (turn[0] >= 0) continue',
    seen: { tests: ['test/core/coordination/claims'] }
  },
  {
    rule: 'F1',
    says: "now is mesh time: the own clock and the median of the peers'",
    file: 'src/core/replication/clock-offset.ts',
    find: 'const median = high',
    replace: 'const median = readings.length > 1 ? 0 : high',
    seen: { tests: ['test/core/replication/clocks.test.ts'] }
  },
  {
    rule: 'F2',
    says: 'a foreign stamp drives the own clock at most five minutes ahead',
    file: 'src/core/replication/hybrid-clock.ts',
    find: 'const bound = Math.min(stamp.wall, wall + LIMITS.clockAheadMs)',
    replace: 'const bound = Math.max(stamp.wall, 0 * (wall + LIMITS.clockAheadMs))',
    seen: { tests: ['test/core/replication/clocks.test.ts'] }
  },
  {
    rule: 'F2',
    says: 'the own clock never goes back',
    file: 'src/core/replication/hybrid-clock.ts',
    find: 'if (wall > this.#last.wall) this.#last',
    replace: 'if (wall !== this.#last.wall) this.#last',
    seen: { scenario: 'clocks' }
  },
  {
    rule: 'F3',
    says: 'a host whose clock runs far ahead of the time begins an epoch with a fresh one',
    file: 'src/core/replica/own/doubts.ts',
    find: 'if (aheadMs <= LIMITS.clockAheadMs) {',
    replace: 'if (aheadMs <= LIMITS.clockAheadMs * 1e9) {',
    seen: { tests: ['test/core/replica/inquiry.test.ts'] }
  },
  {
    rule: 'B4',
    says: 'what an act takes out waits on disk until that act falls',
    file: 'src/core/replica/standing/fallen.ts',
    find: 'let room: number = LIMITS.fallenFramesPerKey',
    replace: 'let room: number = 0 * LIMITS.fallenFramesPerKey',
    seen: { tests: ['test/core/replica/falling.test.ts'] }
  },
  {
    rule: 'C4',
    says: 'an own branch is written again before another takes its place',
    file: 'src/core/replica/standing/naming.ts',
    find: '    this.#parts.epochs.secure(author, records)\n',
    replace: '',
    seen: { tests: ['test/core/replica/falling.test.ts'] }
  },
  {
    rule: 'G1',
    says: 'what is beyond a limit of the generation is void on every host',
    file: 'src/core/replication/document.ts',
    find: "if (count > LIMITS.liveRecordsPerAuthor) return this.#refuse('more live records than one author may have')\n",
    replace: '',
    seen: { tests: ['test/core/replication'] }
  },
  {
    rule: 'G3',
    says: 'what the roster refuses is dropped without blame',
    file: 'src/core/replica/reception/intake.ts',
    find: 'if (refusal !== null) return refused(refusal, false)',
    replace: 'if (refusal !== null) return refused(refusal, true)',
    seen: { tests: ['test/core/replica/replica.test.ts', 'test/core/replica/links.test.ts', 'test/core/replica/leaving.test.ts', 'test/core/replica/named.test.ts'] }
  },
  {
    rule: 'B4',
    says: 'a host that has left signs nothing past the heads that it named',
    file: 'src/core/replica/replica.ts',
    find: 'return this.#standing.hasLeft ? undefined : this.#epochs.compact()',
    replace: 'return this.#epochs.compact()',
    seen: { scenario: 'hosts that leave' }
  },
  {
    rule: 'P1',
    says: 'an act is told to nobody before it is on disk',
    file: 'src/core/replica/commits.ts',
    find: 'return this.#unstored.acts.has(id) || [',
    replace: 'return this.#unstored.acts.has(id) && [',
    seen: { scenario: 'everything' }
  },
  {
    rule: 'P1',
    says: 'own frames from before the admission are kept at a start',
    file: 'src/core/replica/standing/standing.ts',
    find: "(admitted.state !== 'named' && keyOf(author) === key)",
    replace: "(admitted.state !== 'named' && keyOf(author) === key && key.length === 0)",
    seen: { scenario: 'everything' }
  },
  {
    rule: 'P1',
    says: 'nobody is told of a revocation before it is on disk, also not the sender of what it refuses',
    file: 'src/core/replica/reception/reception.ts',
    find: '.filter(act => !commits.isPendingAct(act.id))',
    replace: '',
    seen: { scenario: 'stolen key, revoked' }
  },
  {
    rule: 'P10',
    says: 'what a failed write may have left on the disk is served to nobody',
    file: 'src/core/replica/levelling/serving.ts',
    find: 'from + index <= stored && ',
    replace: '',
    seen: { scenario: 'disks that fail', from: 5_201 }
  }
]
