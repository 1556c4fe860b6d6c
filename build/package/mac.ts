import plist from "plist";

import { APP_ID, SCHEMES, at, differing } from "./app-id.ts";

const USAGES = ["Camera", "Microphone", "AudioCapture", "ScreenCapture"];

/** A property list of XML. */
export const readPlist = (xml: string): unknown => plist.parse(xml);

/** What of an app's Info.plist, parsed, is not as it must be. `hash` is that of its asar's table. */
export function infoFaults(info: unknown, { version, hash }: { version: string; hash: string }): string[] {
  return [
    ...differing({
      identifier: [at(info, "CFBundleIdentifier"), APP_ID],
      version: [at(info, "CFBundleShortVersionString"), version],
      icon: [at(info, "CFBundleIconFile"), "icon.icns"],
      category: [at(info, "LSApplicationCategoryType"), "public.app-category.social-networking"],
      schemes: [at(info, "CFBundleURLTypes", 0, "CFBundleURLSchemes"), SCHEMES],
      "loads without TLS": [at(info, "NSAppTransportSecurity", "NSAllowsArbitraryLoads"), false],
      "exceptions from TLS": [at(info, "NSAppTransportSecurity", "NSExceptionDomains"), undefined],
      integrity: [at(info, "ElectronAsarIntegrity", "Resources/app.asar"), { algorithm: "SHA256", hash }],
    }),
    ...USAGES.filter((usage) => !/^Carillon .+\.$/.test(String(at(info, `NS${usage}UsageDescription`)))).map(
      (usage) => `no words for ${usage}`,
    ),
  ];
}

/** What a signed app may do beyond others; each makes it easier to attack. */
export const entitlementFaults = (entitlements: unknown): string[] =>
  differing({
    entitlements: [
      entitlements,
      {
        "com.apple.security.cs.allow-jit": true,
        "com.apple.security.device.camera": true,
        "com.apple.security.device.audio-input": true,
      },
    ],
  });
