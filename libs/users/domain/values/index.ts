export * from './business-name';
export * from './email-address';
export * from './locale';
export * from './person-name';
export * from './phone-number';
export * from './reason';
export * from './search-words';
export * from './slug';
