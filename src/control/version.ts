export { skeinVersion } from '../host/version.js'
