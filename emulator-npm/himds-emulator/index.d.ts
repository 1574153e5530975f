/** A deviation from the normal answer, for the next requests; `himds-emulator --example-config` lists the members. */
export interface Fault {
  service?: "himds" | "imds";
  on?: "token" | "challenge" | "key" | "metadata" | "probe" | "any" | "connect";
  skip?: number;
  /** For how many requests; 0 for all. */
  count?: number;
  delay_ms?: number;
  preset?: string;
  status?: number;
  body?: string;
  headers?: [string, string][];
  [member: string]: unknown;
}

/** A request that was seen. */
export interface SeenRequest {
  number: number;
  service: "himds" | "imds";
  stage: string;
  connection: number;
  time_ms: number;
  method: string;
  path: string;
  query: [string, string][];
  /** Names in lower case. */
  headers: [string, string][];
  status: number | null;
  key_file: string | null;
  token: string | null;
  fault: string | null;
}

export interface Emulator extends AsyncDisposable {
  /** Base URL of HIMDS, without a slash at the end; empty if it is not served. */
  readonly himdsUrl: string;
  /** Base URL of IMDS, likewise. */
  readonly imdsUrl: string;
  /** Where the key files go. */
  readonly tokenDir: string;
  /** Variables for the code under test. */
  readonly environment: Readonly<Record<string, string>>;
  /** Adds faults, used up in order; rejects with what is wrong with one. */
  fault(...faults: Fault[]): Promise<void>;
  /** The requests seen since the last `reset`, oldest first. */
  requests(): Promise<SeenRequest[]>;
  /** Every key and token issued so far: no output of the code under test may hold one. */
  secrets(): Promise<string[]>;
  /** Lets the services forget the tokens that they keep. */
  newTokens(): Promise<void>;
  /** Forgets faults, requests and the tokens that the services keep. */
  reset(): Promise<void>;
  /** Sets `environment` in this process and removes other hosts' variables; returns what puts them back. */
  useEnvironment(): () => void;
  /** Ends it, and removes what it wrote. May be called twice. */
  stop(): Promise<void>;
}

export interface Options {
  /** Of the program, such as `["--azure"]`. */
  arguments?: string[];
}

/** Starts an emulator, which ends with this process; resolves once it accepts connections. */
export function startEmulator(options?: Options): Promise<Emulator>;

/** Path of the program. */
export function program(): string;
