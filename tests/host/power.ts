import { Modelled, modelled } from "./modelled.ts";
import { record } from "./records.ts";

/** What the machine is like; tests change it. */
export const machine = { idleSeconds: 0, locked: false, onBattery: false };

type Power = Record<
  | "suspend"
  | "resume"
  | "on-ac"
  | "on-battery"
  | "shutdown"
  | "lock-screen"
  | "unlock-screen"
  | "user-did-become-active"
  | "user-did-resign-active",
  unknown[]
>;

/** Tests fire its events: `powerMonitor.emit("suspend")`. */
class PowerMonitor extends Modelled<Power> {
  get onBatteryPower(): boolean {
    return machine.onBattery;
  }
  isOnBatteryPower(): boolean {
    return machine.onBattery;
  }
  getSystemIdleTime(): number {
    return machine.idleSeconds;
  }
  getSystemIdleState(thresholdSeconds: number): "active" | "idle" | "locked" | "unknown" {
    if (machine.locked) return "locked";
    return machine.idleSeconds >= thresholdSeconds ? "idle" : "active";
  }
}

export const powerMonitor = new PowerMonitor();

type Blocker = "prevent-app-suspension" | "prevent-display-sleep";

/** The blockers that are on, by their id. */
export const powerBlockers = new Map<number, Blocker>();
let lastBlocker = 0;

export const powerSaveBlocker = modelled("powerSaveBlocker", {
  start(type: Blocker): number {
    powerBlockers.set(++lastBlocker, type);
    record("powerSaveBlocker.start", type);
    return lastBlocker;
  },
  stop(id: number): boolean {
    record("powerSaveBlocker.stop", powerBlockers.get(id));
    return powerBlockers.delete(id);
  },
  isStarted: (id: number): boolean => powerBlockers.has(id),
});
