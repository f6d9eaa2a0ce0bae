export { deviceName, UNKNOWN_DEVICE } from './device-name';
