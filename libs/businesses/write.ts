/** What can be done with businesses. */
import { ChangeTwoFactorPolicyHandler } from './use-cases/change-two-factor-policy';
import { CreateBusinessHandler } from './use-cases/create-business';
import { BusinessStreams } from './use-cases/business-streams';
import { ListSuperAdminHandler } from './use-cases/list-super-admin';
import { WithdrawSuperAdminHandler } from './use-cases/withdraw-super-admin';

export { ChangeTwoFactorPolicy } from './use-cases/change-two-factor-policy';
export { CreateBusiness } from './use-cases/create-business';
export { ListSuperAdmin } from './use-cases/list-super-admin';
export { WithdrawSuperAdmin } from './use-cases/withdraw-super-admin';
export { BusinessStreams };

/** Everything the composition must provide. */
export const businessesWriteProviders = [BusinessStreams, ChangeTwoFactorPolicyHandler, CreateBusinessHandler, ListSuperAdminHandler, WithdrawSuperAdminHandler];
