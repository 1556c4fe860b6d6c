/** How far the app has come; apart from `app` so that others can ask without asking each other in a circle. */
const whenReady = Promise.withResolvers<void>();
let ready = false;
let exiting = false;

export const readiness = whenReady.promise;
export const isReady = (): boolean => ready;
export const isExiting = (): boolean => exiting;

export function becomeReady(): void {
  ready = true;
  whenReady.resolve();
}

export function beginExit(): void {
  exiting = true;
}
