export { homeFolder } from '../host/home.js'
