import { business, Service } from './harness';

/** Embedded: there the followers are in this process, and can be held up. */
describe('the first sign-in', () => {
  // Under load it was refused: the business was looked up in a read model that had not seen it yet.
  it('works the moment after the business was set up, whatever the read models have seen', async () => {
    const service = await Service.startEmbedded();
    try {
      await service.installation.followers!.projector.stop();
      const { owner } = await business(service);
      expect(owner.token).toEqual(expect.any(String));
    } finally {
      await service.dispose();
    }
  }, 30_000);
});
