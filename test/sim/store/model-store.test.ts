import { describeStore } from '@skein/server/store-contract';
import { ModelData } from './model-data.ts';
import { ModelStore } from './model-store.ts';

describeStore('model', () => {
  const data = new ModelData('epoch');
  return {
    open: async (options) => new ModelStore(data, options),
    // What it was told has taken effect: a crash of the process loses nothing.
    openAfterCrash: async (options) => new ModelStore(data, options),
    remove: async () => {},
  };
});
