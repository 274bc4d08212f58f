// What stands around these pieces in a script: its head's imports, and what `crates/app/src/k6` makes of a plan.

declare const http: typeof import('k6/http').default;
declare const exec: typeof import('k6/execution').default;
declare const check: typeof import('k6').check;
declare const WebSocket: typeof import('k6/websockets').WebSocket;
declare const setTimeout: typeof import('k6/timers').setTimeout;
declare const clearTimeout: typeof import('k6/timers').clearTimeout;
declare const console: { error(text: string): void };

type Counter = import('k6/metrics').Counter;
declare const times: Record<string, import('k6/metrics').Trend>;
declare const counters: Record<string, Counter>;
declare const eventsIn: Counter;
declare const errors: Counter;
declare const errorsRate: import('k6/metrics').Rate;
declare const disconnects: Counter;

/** A user's variables. */
type Variables = Record<string, any>;
/** An expression of the scenario: `args` are those of the event that it reacts to. */
type Expression = (user: User, v: Variables, args?: any[] | null) => any;
/** A block of steps. */
type Steps = (task: Task, user: User, v: Variables, args: any[] | null) => Promise<void>;
/** The tests of an event's arguments, each by the place of what it looks at: `2/name`. */
type Where = Record<string, (found: any) => boolean>;
/** What is kept of an answer, by the variable's name. */
type Saves = Record<string, string | { from: string; append?: boolean; optional?: boolean }>;
type Answer = { event: string; where?: Where; save?: Saves };

type Timer = { name?: string; interval: Expression; first?: Expression; times?: Expression; flushes?: boolean; steps: Steps };
type Ticker = { timer: Timer; left: number; silentUntil: number; due: number; wake?: number };
type Reaction = { event: string; where: Expression; probability: Expression; delay: Expression; steps: Steps };
type ErrorRule = {
  event: string;
  where?: Expression;
  fails?: string;
  code?: string;
  message?: string;
  pause?: { timer: string; field: string; unit_ms: number };
  endsUser?: boolean;
};
type Connect = { url: string; path: string; query: Record<string, any>; timeout_s: number; protocols?: string[]; namespace: string; auth?: any; eventField: string };

/** One population's scenario. */
type Script = {
  name: string;
  variables: string[];
  shared: string[];
  account(number: number | 'once', run: string): any;
  defaults(user: User, v: Variables): void;
  link(): typeof SocketIo | typeof PlainWebSocket;
  connect: Expression;
  once?: Steps;
  before: Steps;
  flow: Steps;
  rejoin?: Steps;
  finish: Steps;
  afterFlow: 'leave' | 'stay';
  every: Timer[];
  on: Reaction[];
  errors: ErrorRule[];
  delivery?: { event: string };
  reconnect?: { attempts: number; initial_ms: number; max_ms: number; jitter: number };
};

/** One population's load. */
type Load = {
  open?: boolean;
  start: number;
  stages: { seconds: number; target: number }[];
  seconds: number;
  warmup: number;
  settle: number;
  users: number;
};

/** Something that was sent, or waited for, and what is still to come of it. */
type Pending = {
  operation: string;
  answer: Answer | null;
  required?: boolean;
  ack: number | null;
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
  number: number;
  v: Variables;
  stage: 'preparing' | 'connecting' | 'waiting' | 'flow' | 'active' | 'silent' | 'leaving' | 'over';
  counters: Record<string, number>;
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
