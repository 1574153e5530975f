/// <reference lib="esnext.disposable" />

/** A deviation from the normal answer, for the next requests; `himds-emulator --example-config` lists the members. */
export interface Fault {
  /** What `fault` of a request calls it. */
  name?: string;
  /** Left out: both. */
  service?: "himds" | "imds";
  /** Which requests; left out: `token`, with a key or without. For `connect`, `wire` and `delay_ms` alone count. */
  on?: "token" | "challenge" | "key" | "metadata" | "probe" | "any" | "connect";
  /** How many requests that fit pass first. */
  skip?: number;
  /** For how many requests; 0 for all. Left out: one. */
  count?: number;
  /** A recorded answer by its name, such as `throttled`; the other members change it. */
  preset?: string;
  delay_ms?: number;
  /** Replaces the answer. Left out: the normal answer is changed. */
  status?: number;
  /** To add; they replace those of the same name. */
  headers?: [string, string][];
  remove_headers?: string[];
  body?: string;
  /** Members of the JSON body to set, each to raw JSON; a name that begins with a slash is a JSON pointer. */
  set?: Record<string, string>;
  /** Members of the JSON body to leave out. */
  remove?: string[];
  /** Claims of the token to set, each to raw JSON; an empty text leaves the claim out. */
  claims?: Record<string, string>;
  /** The header lines of the challenge; `{path}`, `{dir}` and `{name}` stand for the key file. */
  www_authenticate?: string[];
  /** What is wrong with the key file. */
  key?: {
    kind?: "file" | "symlink" | "hard_link" | "directory" | "fifo" | "missing";
    name?: string;
    directory?: string;
    content?: string;
    /** In octal, as `directory_mode`. */
    mode?: string;
    owner?: number;
    directory_owner?: number;
    directory_mode?: string;
  };
  /** Answers a good key with a new challenge. */
  refuse_key?: boolean;
  /** Gives the token without a challenge. */
  no_challenge?: boolean;
  /** Answers with the system-assigned identity, as agents before 1.66 do. */
  ignore_selectors?: boolean;
  /** What happens to the connection. */
  wire?: {
    action: "reset" | "close" | "hang" | "drip";
    /** How much of the answer goes out first. */
    after?: "nothing" | "half_head" | "head" | "half_body" | "all";
    /** `drip`: bytes at a time. */
    bytes?: number;
    /** `drip`: milliseconds between them. */
    every_ms?: number;
    /** These bytes instead of an answer. */
    raw?: string;
  };
}

/** A request that was seen. */
export interface SeenRequest {
  number: number;
  service: "himds" | "imds";
  /** What kind it is: the first and the second of a HIMDS handshake, a token request to IMDS, others, without `Metadata`. */
  stage: "challenge" | "key" | "token" | "metadata" | "probe";
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
