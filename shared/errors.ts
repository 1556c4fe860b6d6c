/** Every failure a window may show. Its words are in `messages/en.ts`, under `error.<code>`; nothing else about an error is shown. */
export type ErrorCode =
  | "internal"
  | "denied"
  | "malformed"
  // Reaching a server
  | "offline"
  | "server-unknown"
  | "server-not-matrix"
  | "server-error"
  | "tls-failure"
  | "rate-limited"
  // Signing in
  | "wrong-password"
  | "account-deactivated"
  | "login-unsupported"
  | "login-cancelled"
  | "login-failed"
  | "signed-out-elsewhere"
  | "not-signed-in"
  // Identity
  | "wrong-recovery-key"
  | "password-needed"
  | "approval-needed"
  | "verification-failed"
  // Stores
  | "store-locked"
  | "store-corrupt"
  | "disk-full"
  // People and rooms
  | "user-not-found"
  | "room-forbidden"
  // Calls
  | "call-forbidden"
  | "call-busy"
  | "ring-over"
  | "no-transport"
  | "call-removed"
  | "call-elsewhere"
  | "room-left"
  | "room-upgraded"
  | "sfu-restricted"
  | "grant-refused"
  | "grant-mismatch"
  | "grant-unreachable";

/** A failure with a code for the user and a detail for the log; the detail never crosses to a window. */
export class AppError extends Error {
  override readonly name = "AppError";
  readonly code: ErrorCode;

  constructor(code: ErrorCode, detail: string = code, options?: ErrorOptions) {
    super(detail, options);
    this.code = code;
  }
}

export const codeOf = (error: unknown): ErrorCode => (error instanceof AppError ? error.code : "internal");
