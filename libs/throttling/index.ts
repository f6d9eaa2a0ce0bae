export { networkOf } from './network';
export { consecutiveFailures, failureRate, type Policy } from './policy';
export { Throttle, TooManyAttempts, type Limit } from './throttle';
