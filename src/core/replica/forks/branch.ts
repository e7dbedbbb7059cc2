import type { AuthorLog } from '../../replication/log.js'
import type { VerifiedFrame } from '../../replication/verification.js'

/** Takes a frame into a log that is read beside those that count; what does not follow is left out. */
export const takeAside = (log: AuthorLog, frame: VerifiedFrame): void => {
  const place = log.place(frame, frame.hash, true)
  if (place === 'next') log.append(frame)
  else if (place === 'jump') log.jump(frame)
  else if (place === 'ahead') log.keepAhead(frame)
}
