export { quoted, visible } from '../core/coordination/records/visible.js'
