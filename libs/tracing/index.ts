export { contextOf, continued, currentTraceParent, isTracing, startSpan, traced } from './tracing';
