export { failure, success, type Failure, type Result } from '../core/result.js'
