// What scripts find in a page besides what every browser has.

/** docs/plan.schema.json has the rules; the page checks them, and tests break them. */
type Plan = any;
/** docs/scenario.schema.json has the rules. */
type Scenario = any;
/** docs/report.schema.json has the rules. */
type RunReport = any;

type Problem = { path: string; message: string };

type Verdict = { outcome: 'pass' | 'fail' | 'invalid'; so_far?: boolean; reasons: { what: string; text: string }[] };

/** What may be given with a plan besides its files: see docs/headless.md. */
type Permission = {
  allow?: string[];
  caps?: { users?: number | null; rate?: number | null; minutes?: number | null };
  starve_ms?: number;
};

type RunStatus = {
  phase: 'idle' | 'ramping' | 'holding' | 'stopping' | 'done';
  elapsed_s: number;
  planned_s: number;
  users: Record<string, number>;
  sent: number;
  received: number;
  errors: number;
  problem?: string;
  not_kept?: string;
  verdict?: Verdict;
};

/** What there is at any side of a swarm, and then what only some of them have. */
type SwarmState = {
  name: string;
  connected: boolean;
  problem: string | null;
  invite: string | null;
  watch: string;
  traffic: any;
  browsers?: any;
  patience?: any;
  consent?: any;
  run?: any;
  alone?: boolean;
  unkept?: any;
  picture?: any;
};

/** `src/browser/automation.rs` puts it in place; docs/headless.md says what it does. */
type Tabswarm = {
  presets(): Promise<{
    plans: { id: string; title: string; description: string; plan: Plan }[];
    scenarios: { id: string; title: string; scenario: Scenario }[];
  }>;
  check(plan: Plan | string, files?: (string | null)[]): Promise<{ ok: boolean; problems: Problem[] }>;
  k6(plan: Plan): Promise<string>;
  start(plan: Plan | string, files?: (string | null)[], options?: Permission): Promise<void>;
  baseline(report: RunReport): Promise<void>;
  status(): Promise<RunStatus>;
  act(action: object): Promise<void>;
  stop(): Promise<void>;
  swarm(): Promise<SwarmState | null>;
  answer(allows: boolean, options?: { samples?: boolean }): Promise<void>;
  report(): Promise<RunReport>;
  report(format: string): Promise<string>;
};

interface Window {
  tabswarm: Tabswarm;

  /** Stories and the benchmark put these in place themselves. */
  axe: typeof import('axe-core');
  breaches?: string[];
  connect(options: object): void;
  disconnect(): void;
  isFull?: boolean;
  pwned?: unknown;
  victim: any;
  wakes: { asked: number; released: number };
}

/** Of the official client, which workers of the benchmark load. */
declare const io: typeof import('socket.io-client').io;
declare function importScripts(...addresses: string[]): void;
