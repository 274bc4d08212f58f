// What stands around these pieces in a script: its head's imports, and what `crates/app/src/k6` makes of a plan.

declare const http: typeof import('k6/http').default;
declare const exec: typeof import('k6/execution').default;
declare const encoding: typeof import('k6/encoding').default;
declare const SharedArray: typeof import('k6/data').SharedArray;
declare const check: typeof import('k6').check;
declare const Counter: typeof import('k6/metrics').Counter;
declare const Rate: typeof import('k6/metrics').Rate;
declare const Trend: typeof import('k6/metrics').Trend;
declare const WebSocket: typeof import('k6/websockets').WebSocket;
declare const setTimeout: typeof import('k6/timers').setTimeout;
declare const clearTimeout: typeof import('k6/timers').clearTimeout;
declare const console: { error(text: string): void };

/** What `crates/app/src/k6` makes of a plan. */
declare const options: { scenarios: Record<string, Executor> };
declare const timing: { warmup_s: number; settle_s: number };
declare const populations: Record<string, Population>;
declare const metrics: { times: Record<string, string>; counters: Record<string, string> };
declare const secrets: string[];
/** Where users of a voice service would speak and listen. */
declare const speech: { clips_s: Record<string, number>; answer_s: number };

type Executor = {
  executor: string;
  vus?: number;
  startVUs?: number;
  maxVUs?: number;
  duration?: string;
  stages?: { duration: string; target: number }[];
};
type Population = {
  population: string;
  returns: boolean;
  accounts: { columns?: Record<string, string | { secret: string }>; file?: string };
  scenario: Record<string, any>;
};

/** A user's variables. */
type Variables = Record<string, any>;
/** What expressions look at. */
type Scope = { user: any; v: Variables; event: any[] | null; tag: string };
type Value = (scope: Scope) => any;
/** A block of steps. */
type Steps = (task: Task) => Promise<void>;
/** The tests of an event's arguments, each with the place of what it looks at: `2/name`. */
type Tests = [string, (found: any) => boolean][];
/** What is kept of an answer, by the variable's name. */
type Saves = Record<string, string | { from: string; append?: boolean; optional?: boolean }>;
type Answer = { event: string; where?: Tests; save?: Saves };

type OfUser = (user: any) => any;
type OfEvent = (user: any, args: any[] | null) => any;
type Timer = { name?: string; interval: OfUser; first?: OfUser; times: OfUser; flushes: boolean; steps: Steps };
type Ticker = { timer: Timer; left: number; silentUntil: number; due: number; wake?: number };
type Reaction = { event: string; where: OfEvent; probability: OfUser; delay?: OfEvent; steps: Steps };
type ErrorRule = {
  event: string;
  where: OfEvent;
  fails?: string;
  code?: string;
  message?: string;
  pause?: { timer: string; field: string; unit: 's' | 'ms' };
  ends_user?: boolean;
};
type Backoff = { attempts: number; initial_ms: number; max_ms: number; jitter: number; refused: 'give_up' | 'log_in' };

/** One population's scenario, as functions. */
type Script = {
  name: string;
  returns: boolean;
  variables: string[];
  shared: string[];
  account(number: number | 'once', run: string): any;
  defaults(user: any): void;
  link: any;
  eventField: string;
  connect: OfUser;
  once: Steps;
  before: Steps;
  flow: Steps;
  rejoin: Steps;
  finish: Steps;
  hasOnce: boolean;
  hasRejoin: boolean;
  afterFlow: 'leave' | 'stay';
  every: Timer[];
  on: Reaction[];
  errors: ErrorRule[];
  delivery?: string;
  /** How often a message comes to its own sender. */
  own_copies?: number;
  reconnect: Backoff | null;
};

/** One population's load. */
type Load = {
  open: boolean;
  start: number;
  stages: { seconds: number; target: number }[];
  seconds: number;
  users: number;
};

/** Something that was sent, or waited for, and what is still to come of it. */
type Pending = {
  operation: string;
  answer: Answer | null;
  required?: boolean;
  ack: number | null;
  /** How the acknowledgement is read, if one was asked for. */
  acknowledged: { where: any[]; save?: any; code?: string } | null;
  byAnswer: boolean;
  message: { tag: string; echoed: boolean; accepted: boolean } | null;
  sentAt: number;
  intended: number;
  timer?: number;
  goOn?: () => void;
  giveUp?: (error: Error) => void;
  limit?: number;
  /** Its limit has passed, and its failure has been counted. */
  late?: boolean;
};

// What the constructors keep by `Object.assign`, which TypeScript does not see.

interface User {
  index: number;
  iteration: number;
  users: number;
  run: string;
  account: any;
  script: Script;
  v: Variables;
  stage: 'preparing' | 'connecting' | 'waiting' | 'flow' | 'active' | 'silent' | 'leaving' | 'over';
  counted: Record<string, number>;
  sequence: number;
  attempt: number;
  pendings: Pending[];
  overdue: Pending[];
  held: Set<{ stop: () => void }>;
  tickers: Ticker[] | null;
  link: SocketIo | PlainWebSocket | null;
  socket: import('k6/websockets').WebSocket | null;
  settled: boolean;
  end: (nothing?: void) => void;
  warm: number;
}

interface Task {
  user: User;
  event: any[] | null;
  due: number;
}

interface SocketIo {
  socket: import('k6/websockets').WebSocket;
  user: User;
  auth?: any;
  acks: number;
  early: { values: any[]; id: string }[];
  partial: { type: string; id?: string; payload: string; missing: number; parts: ArrayBuffer[] } | null;
  connected: boolean;
}

interface PlainWebSocket {
  socket: import('k6/websockets').WebSocket;
  user: User;
  eventField: string;
}

interface Expression {
  source: string;
  at: number;
  used: string[];
}
