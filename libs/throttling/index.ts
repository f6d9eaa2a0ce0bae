export { networkOf } from './network';
export { Pace } from './pace';
export { consecutiveFailures, failureRate, type Policy } from './policy';
export { Throttle, TooManyAttempts, type Limit } from './throttle';
