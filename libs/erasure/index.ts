export { ErasureFollower } from './erasure-follower';
export { Erasures, type Erased, type Purge } from './erasures';
