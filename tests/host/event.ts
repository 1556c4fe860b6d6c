/** What Electron hands to listeners first. */
export interface Event {
  preventDefault(): void;
  readonly defaultPrevented: boolean;
}

export function preventable<Details extends object>(details: Details): Event & Details;
export function preventable(): Event;
export function preventable(details: object = {}): Event {
  let prevented = false;
  return Object.defineProperties(details, {
    preventDefault: { value: () => void (prevented = true) },
    defaultPrevented: { get: () => prevented },
    // `defineProperties` cannot tell the type what it adds.
  }) as Event;
}
