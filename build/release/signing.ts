/** How the installers of a platform are signed. */
export interface Signing {
  /** The environment for electron-builder: without keys that are none, which it would take for broken ones. */
  readonly env: NodeJS.ProcessEnv;
  /** What it is told beside its configuration file. */
  readonly options: readonly string[];
  /** For the release's text. */
  readonly says: string;
}

const WINDOWS = ["WIN_CSC_LINK", "WIN_CSC_KEY_PASSWORD"];
const MAC = ["CSC_LINK", "CSC_KEY_PASSWORD", "CSC_NAME"];
const NOTARISE = ["APPLE_API_KEY", "APPLE_API_KEY_ID", "APPLE_API_ISSUER"];

/**
 * Signs where all keys are given and not where none is; throws where some are, since that is an accident.
 * `keyFile` writes Apple's key, whose path electron-builder wants where CI has its text, and returns the path.
 */
export function signing(
  platform: NodeJS.Platform,
  given: NodeJS.ProcessEnv,
  keyFile: (text: string) => string,
): Signing {
  const keys = [...WINDOWS, ...MAC, ...NOTARISE];
  const env = Object.fromEntries(
    Object.entries(given).filter(([name, value]) => !keys.includes(name) || value),
  );
  const force = "-c.forceCodeSigning=true";
  if (platform === "win32") {
    const signed = has(env, WINDOWS);
    return { env, options: signed ? [force] : [], says: signed ? "signed" : "not signed: no key was given" };
  }
  if (platform !== "darwin") return { env, options: [], says: "not signed by itself; see SHA256SUMS" };
  if (!has(env, MAC)) {
    if (has(env, NOTARISE)) throw new Error("macOS notarises only what is signed; these are missing: CSC_…");
    return {
      env: { ...env, CSC_IDENTITY_AUTO_DISCOVERY: "false" },
      // Without any signature macOS would not even start it on Apple's processors, nor show its notifications.
      options: ["-c.mac.identity=-", "-c.mac.hardenedRuntime=false", "-c.mac.notarize=false"],
      says: "signed ad hoc, which names nobody: no key was given",
    };
  }
  const notarised = has(env, NOTARISE);
  return {
    env: notarised ? { ...env, APPLE_API_KEY: keyFile(env["APPLE_API_KEY"] ?? "") } : env,
    options: [
      `-c.mac.identity=${env["CSC_NAME"]}`,
      "-c.mac.hardenedRuntime=true",
      `-c.mac.notarize=${notarised}`,
      force,
    ],
    says: notarised ? "signed and notarised" : "signed, not notarised: no key was given",
  };
}

function has(env: NodeJS.ProcessEnv, names: readonly string[]): boolean {
  const missing = names.filter((name) => !env[name]);
  if (missing.length > 0 && missing.length < names.length)
    throw new Error(`of the keys for signing these are missing: ${missing.join(", ")}`);
  return missing.length === 0;
}
