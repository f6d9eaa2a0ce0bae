export function shouting(): MethodDecorator {
  return (_target, _name, descriptor) => {
    const quiet = descriptor.value as unknown as (...words: string[]) => string;
    descriptor.value = ((...words: string[]) => `${quiet(...words)}!`) as never;
  };
}
