/*
 * himds.h - managed-identity tokens and instance metadata on Azure Arc-enabled servers (HIMDS) and
 * Azure VMs (IMDS)
 *
 * Generated from ffi-c/src by `make header`; edit the comments there.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 *     himds_client *client = NULL;
 *     himds_token *token = NULL;
 *     himds_error *error = NULL;
 *     if (himds_client_new(NULL, &client, &error) == HIMDS_OK &&
 *         himds_client_get_token(client, "https://vault.azure.net", &token, &error) == HIMDS_OK)
 *         printf("Authorization: Bearer %s\n", himds_token_secret(token, NULL));
 *     else
 *         fprintf(stderr, "%s\n%s\n", himds_error_message(error, NULL),
 *                 himds_error_hint(error, NULL));
 *     himds_token_free(token);
 *     himds_client_free(client);
 *     himds_error_free(error);
 *
 * Compile and link:
 *
 *     cc program.c $(pkg-config --cflags --libs himds)             the shared library
 *     cc program.c libhimds.a -lpthread -ldl -lm                   the static library, on Linux
 *
 * SECTIONS of this header, in order: statuses (and which are worth a retry), errors, texts, options
 * of a client, cancel handles, options of one call, tokens, metadata, clients (and the recommended
 * loop). Start with clients, at the end: the others are what its functions take and return.
 *
 * CONVENTIONS, true for every function
 *
 * Statuses. A function that can fail returns an int32_t, HIMDS_OK or another HIMDS_ constant, and
 * takes a `himds_error **` last. Numbers are grouped by layer and never reused; later versions may
 * add some, so treat an unknown number as a failure. The last parameter may be NULL. Otherwise it
 * receives NULL on success, and on failure an error object (owned, with himds_error_free()). Free
 * that before you pass the same variable again. There is no errno and no "last error".
 *
 * Outputs are always written: handles NULL and numbers 0 first, then the value. You need not
 * initialise them, and after a failure you can pass every output to its _free function. Two outputs
 * of one call must not be the same variable.
 *
 * Ownership, in four words.
 *   owned     yours: free it with the named function. All _free functions take NULL.
 *   borrowed  the library's: valid until its parent, the object you read it from, is freed.
 *   copied    an input that the library copies: free yours at once if you like.
 *   static    valid for the life of the process.
 * Inputs are never consumed: what you pass in stays yours. What is "used for the call only" you may
 * free after the call. No object depends on another one that it came from: a token outlives its
 * client.
 *
 * Texts are UTF-8. Inputs are NUL-terminated; invalid UTF-8, and NULL if it is not allowed, are
 * HIMDS_INVALID_ARGUMENT. Outputs are NUL-terminated too and report their length, without the NUL,
 * on request. Functions that read something from an object accept NULL for it and then return "",
 * 0, or what their comment says.
 *
 * Times are in milliseconds. If the name ends in _on_ms, they count from 1970-01-01 00:00 UTC,
 * otherwise they are durations. They are unsigned, except for himds_error_retry_after_ms(), which
 * needs -1 for "unknown".
 *
 * Threads. Any number of threads may use clients, tokens, metadata, texts, errors and cancel
 * handles at once, and options and requests while no thread changes them. Do not free an object
 * while a call still uses it: that is undefined. To end calls early, cancel them and wait for their
 * threads; pthread_cancel() waits until the call returns. While a thread ends (in the destructor of
 * a thread_local or a pthread key), only cached tokens are available: what would ask the service is
 * HIMDS_INVALID_ARGUMENT. A thread needs 64 KiB of stack for a call.
 *
 * Leaving a call. Do not leave one by longjmp() or siglongjmp() from a signal handler, nor by
 * throwing a C++ exception there: that is undefined. Cancel it.
 *
 * Deadlines cover connecting, sending, receiving and waiting, not the file system: if the agent's
 * token directory is on a mount that hangs, reading a key there takes as long as the kernel takes,
 * and cancelling does not end it. The agent's own directory is on a local disk.
 *
 * What the library does to your process: nothing. It starts no thread, leaves no connection and no
 * file descriptor behind after a call, raises no SIGPIPE, installs no signal handler, prints
 * nothing, and reads no proxy setting. A bug in it becomes HIMDS_INTERNAL, not a crash. Calls that
 * block do so on the calling thread. No function is async-signal-safe. If memory runs out, the
 * process aborts.
 *
 * fork(). The child may go on with its parent's clients, tokens and requests, whatever the parent's
 * other threads were doing at that moment, and frees its own copies. A cancel handle stays the
 * parent's.
 *
 * Secrets. Only himds_token_secret() and himds_client_copy_token() show a token; no error, message
 * or hint ever does. The library zeroes its own memory of secrets when it frees it.
 *
 * Versions. "Since ABI 1" at a type goes for its functions too. A function that is added later says
 * in its comment since which version it exists. Functions are never removed or changed within one
 * ABI generation.
 */

#ifndef HIMDS_H
#define HIMDS_H

#include <stddef.h>
#include <stdint.h>

/* Before each function. Windows programs that link himds.dll may define it as
 * __declspec(dllimport). */
#ifndef HIMDS_API
#define HIMDS_API
#endif

/** The version of this header; himds_version() returns the library's. */
#define HIMDS_VERSION "0.1.0"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * STATUSES, AND THE LIBRARY'S VERSION
 *
 * What a function returns, and whether another call is worth it. The library has already repeated
 * a request that was worth it, up to 5 times in all (himds_options_set_max_attempts()), so wait
 * before you call again: himds_error_retry_after_ms() if it is not -1, otherwise a pause that
 * starts at 1 s and doubles up to 60 s, with some randomness if many machines run your program.
 *
 *   status                     worth a retry
 *   HIMDS_TIMEOUT              yes, or give the call more time
 *   HIMDS_TRANSPORT            yes
 *   HIMDS_THROTTLED            yes, after the wait above
 *   HIMDS_SERVICE              if himds_error_http_status() is 408, 500, 502, 503 or 504, or from
 *                              IMDS 410, or 404 for a token; otherwise the answer stays the same
 *   HIMDS_UNAVAILABLE          yes while the machine starts or the agent restarts; if it persists,
 *                              this machine has no managed identity
 *   HIMDS_KEY_REFUSED          yes, once: the agent may have replaced its key
 *   HIMDS_KEY_FILE_UNREADABLE  once, if himds_error_os_error() is ENOENT (the agent may have
 *                              replaced its key); otherwise an administrator must act, as the
 *                              hint says
 *   HIMDS_IDENTITY_NOT_FOUND   after minutes, if the identity was assigned just now
 *   HIMDS_BUFFER_TOO_SMALL     at once, with a larger buffer
 *   all others                 no: the call, the configuration or the machine must change first
 */

/**
 * The generation of the interface that this header describes; compare with himds_abi_version().
 */
#define HIMDS_ABI_VERSION 1

/**
 * Success.
 */
#define HIMDS_OK 0

/**
 * An argument is not usable: NULL, not UTF-8, empty or too long, with control characters, or out
 * of range.
 */
#define HIMDS_INVALID_ARGUMENT 1

/**
 * An option or the environment names a malformed or forbidden endpoint, or options contradict each
 * other.
 */
#define HIMDS_CONFIGURATION 2

/**
 * The caller's buffer is too small; the size needed was written.
 */
#define HIMDS_BUFFER_TOO_SMALL 3

/**
 * A JSON pointer leads nowhere.
 */
#define HIMDS_NOT_FOUND 4

/**
 * The object was closed before the call. C has no such state; libraries for other languages use
 * the number.
 */
#define HIMDS_CLOSED 5

/**
 * There is no managed-identity endpoint here, or nothing is listening there.
 */
#define HIMDS_UNAVAILABLE 100

/**
 * The deadline passed without an answer.
 */
#define HIMDS_TIMEOUT 101

/**
 * The call was cancelled through its cancel handle.
 */
#define HIMDS_CANCELLED 102

/**
 * The connection broke before the answer was complete, or the answer was too large.
 */
#define HIMDS_TRANSPORT 103

/**
 * HIMDS sent no challenge, a malformed or an ambiguous one, or a token without asking for the key.
 */
#define HIMDS_CHALLENGE_INVALID 110

/**
 * The key file breaks a rule on its path, type, size, mode or content.
 */
#define HIMDS_KEY_FILE_REJECTED 111

/**
 * The key file or its directory is missing, or this process may not read it.
 */
#define HIMDS_KEY_FILE_UNREADABLE 112

/**
 * The agent answered 401 again after it received the key.
 */
#define HIMDS_KEY_REFUSED 113

/**
 * Any other HTTP error.
 */
#define HIMDS_SERVICE 200

/**
 * The requested identity is not assigned to this machine.
 */
#define HIMDS_IDENTITY_NOT_FOUND 201

/**
 * The answer does not confirm the requested identity.
 */
#define HIMDS_IDENTITY_MISMATCH 202

/**
 * The service still answered 429 to the last try.
 */
#define HIMDS_THROTTLED 203

/**
 * A complete answer with a 2xx status that is not usable.
 */
#define HIMDS_RESPONSE_INVALID 204

/**
 * Another cloud's metadata service answers at this address.
 */
#define HIMDS_NOT_AZURE 205

/**
 * A bug in this library, caught; the process goes on.
 */
#define HIMDS_INTERNAL 900

/**
 * The version of the library, such as "0.1.0".
 *
 * Ownership: static. Blocks: never. Threads: any.
 */
HIMDS_API const char *himds_version(void);

/**
 * The generation of the library's interface. Within one generation functions are only ever added,
 * so a program that was built with this header runs with every library that returns the same
 * number as HIMDS_ABI_VERSION. Only programs that load the library at run time need to compare:
 * for others the linker does, by the name `libhimds.so.1`.
 *
 * Blocks: never. Threads: any.
 */
HIMDS_API uint32_t himds_abi_version(void);

/**
 * The name of a status in snake case: "ok" for 0, "key_file_unreadable" for 112; "unknown" for a
 * number that this version of the library does not know.
 *
 * Ownership: static. Blocks: never. Threads: any. See also: himds_error_kind().
 */
HIMDS_API const char *himds_status_name(int32_t status);

/*
 * ERRORS
 *
 * Each function that can fail writes an error object to its last parameter.
 */

/**
 * Why a call failed and what to do about it: owned, with himds_error_free(). It does not change,
 * so any number of threads may read it. No part of it ever shows a token or a key. Since ABI 1.
 */
typedef struct himds_error himds_error;

/**
 * The status that the failed call returned; HIMDS_OK for NULL.
 *
 * Blocks: never. Threads: any.
 */
HIMDS_API int32_t himds_error_status(const himds_error *error);

/**
 * The name of the status, as himds_status_name() returns it.
 *
 * Ownership: borrowed from error. length: may be NULL. Given NULL: "" and 0.
 * Blocks: never. Threads: any.
 */
HIMDS_API const char *himds_error_kind(const himds_error *error, size_t *length);

/**
 * What happened: one sentence, without a line break at its end. Log it together with
 * himds_error_hint().
 *
 * Ownership: borrowed from error. length: may be NULL. Given NULL: "" and 0.
 * Blocks: never. Threads: any.
 */
HIMDS_API const char *himds_error_message(const himds_error *error, size_t *length);

/**
 * What to do about it; "" if nothing is known. It is written for the administrator: show it.
 *
 * Ownership: borrowed from error. length: may be NULL. Given NULL: "" and 0.
 * Blocks: never. Threads: any.
 */
HIMDS_API const char *himds_error_hint(const himds_error *error, size_t *length);

/**
 * The `error` (or `code`) in the service's answer; "" if there is none.
 *
 * Ownership: borrowed from error. length: may be NULL. Given NULL: "" and 0.
 * Blocks: never. Threads: any.
 */
HIMDS_API const char *himds_error_server_error(const himds_error *error, size_t *length);

/**
 * The `error_description` (or `message`) in the service's answer; "" if there is none.
 *
 * Ownership: borrowed from error. length: may be NULL. Given NULL: "" and 0.
 * Blocks: never. Threads: any.
 */
HIMDS_API const char *himds_error_server_error_description(const himds_error *error,
                                                           size_t *length);

/**
 * The service's correlation id, to quote in a support request; "" if there is none.
 *
 * Ownership: borrowed from error. length: may be NULL. Given NULL: "" and 0.
 * Blocks: never. Threads: any.
 */
HIMDS_API const char *himds_error_correlation_id(const himds_error *error, size_t *length);

/**
 * The body of the service's last answer, with invalid UTF-8 replaced and secrets redacted; "" if
 * there is none. It may contain a NUL: take its length from `length`.
 *
 * Ownership: borrowed from error. length: may be NULL. Given NULL: "" and 0.
 * Blocks: never. Threads: any.
 */
HIMDS_API const char *himds_error_body(const himds_error *error, size_t *length);

/**
 * The file that the error is about, which is the key file or its directory; "" if there is none.
 *
 * Ownership: borrowed from error. length: may be NULL. Given NULL: "" and 0.
 * Blocks: never. Threads: any.
 */
HIMDS_API const char *himds_error_file(const himds_error *error, size_t *length);

/**
 * The HTTP status of the service's last answer; 0 if there was none, and for NULL.
 *
 * Blocks: never. Threads: any.
 */
HIMDS_API int32_t himds_error_http_status(const himds_error *error);

/**
 * How many tries were made; a handshake of two requests is one try. 0 if no request was sent, and
 * for NULL.
 *
 * Blocks: never. Threads: any.
 */
HIMDS_API uint32_t himds_error_attempts(const himds_error *error);

/**
 * How long the call took, in milliseconds; 0 for NULL.
 *
 * Blocks: never. Threads: any.
 */
HIMDS_API uint64_t himds_error_elapsed_ms(const himds_error *error);

/**
 * How long the service told its clients to wait before the next try, in milliseconds; -1 if it did
 * not say, and for NULL. The number is signed only for this -1.
 *
 * Blocks: never. Threads: any.
 */
HIMDS_API int64_t himds_error_retry_after_ms(const himds_error *error);

/**
 * The operating system's error number that was the cause (`errno`, on Windows GetLastError()),
 * such as EACCES for a key file that this process may not read, or ECONNREFUSED if nothing is
 * listening; 0 if there is none, and for NULL.
 *
 * Blocks: never. Threads: any.
 */
HIMDS_API int32_t himds_error_os_error(const himds_error *error);

/**
 * Frees an error. NULL is allowed.
 *
 * Ownership: error was owned by the caller and is gone. Blocks: never. Threads: any; no other call
 * may use it.
 */
HIMDS_API void himds_error_free(himds_error *error);

/*
 * TEXTS
 *
 * JSON and documents that a function returns as an object of its own.
 */

/**
 * A text from this library: owned, with himds_text_free(). Since ABI 1.
 */
typedef struct himds_text himds_text;

/**
 * The text, NUL-terminated. JSON or a service's answer may contain a NUL: take its length from
 * `length`.
 *
 * Ownership: borrowed from text. length: receives the number of bytes without the final NUL; may
 * be NULL. Blocks: never. Threads: any. Given NULL: "" and 0.
 */
HIMDS_API const char *himds_text_data(const himds_text *text, size_t *length);

/**
 * Frees a text. NULL is allowed.
 *
 * Ownership: text was owned by the caller and is gone. Blocks: never. Threads: any; no other call
 * may use it.
 */
HIMDS_API void himds_text_free(himds_text *text);

/*
 * OPTIONS OF A CLIENT
 *
 * Every option has a default that fits; most programs pass NULL to himds_client_new().
 */

/**
 * Options for clients that are created later: owned, with himds_options_free(). While one thread
 * changes them no other may use them. Since ABI 1.
 */
typedef struct himds_options himds_options;

/**
 * Creates options with every default.
 *
 * Ownership: options is owned, with himds_options_free(). Blocks: never. Threads: any.
 * Returns: HIMDS_OK; HIMDS_INVALID_ARGUMENT if options is NULL.
 */
HIMDS_API int32_t himds_options_new(himds_options **options, himds_error **error);

/**
 * Which service to use: "himds" (Azure Arc-enabled server) or "imds" (Azure VM). NULL: the library
 * chooses by what it finds on the machine, and himds_client_source_reason() says why.
 *
 * Ownership: source is copied. Blocks: never. Threads: one at a time for options.
 * Returns: HIMDS_OK; HIMDS_INVALID_ARGUMENT if options is NULL or source is not UTF-8;
 * HIMDS_CONFIGURATION if source is neither of the two.
 */
HIMDS_API int32_t himds_options_set_source(himds_options *options,
                                           const char *source,
                                           himds_error **error);

/**
 * The service's base URL, such as "http://127.0.0.1:40342"; a token URL with the usual path works
 * too. HIMDS must have a loopback address, IMDS 169.254.169.254 or a loopback address. NULL: the
 * usual URL of the source. himds_client_new() checks it.
 *
 * Ownership: endpoint is copied. Blocks: never. Threads: one at a time for options.
 * Returns: HIMDS_OK; HIMDS_INVALID_ARGUMENT if options is NULL or endpoint is not UTF-8.
 */
HIMDS_API int32_t himds_options_set_endpoint(himds_options *options,
                                             const char *endpoint,
                                             himds_error **error);

/**
 * The directory in which the Arc agent puts its key files, an absolute path. NULL:
 * /var/opt/azcmagent/tokens, on Windows the folder Tokens of AzureConnectedMachineAgent in
 * ProgramData. For tests and containers. A key is never read from anywhere else.
 * himds_client_new() checks it.
 *
 * Ownership: token_dir is copied. Blocks: never. Threads: one at a time for options.
 * Returns: HIMDS_OK; HIMDS_INVALID_ARGUMENT if options is NULL or token_dir is not UTF-8.
 */
HIMDS_API int32_t himds_options_set_token_dir(himds_options *options,
                                              const char *token_dir,
                                              himds_error **error);

/**
 * The client id (application id) of the user-assigned identity to use. NULL: the machine's own,
 * system-assigned identity. Set at most one of client id, object id and resource id:
 * himds_client_new() refuses more.
 *
 * Ownership: client_id is copied. Blocks: never. Threads: one at a time for options.
 * Returns: HIMDS_OK; HIMDS_INVALID_ARGUMENT if options is NULL, or client_id is empty or not
 * UTF-8.
 */
HIMDS_API int32_t himds_options_set_client_id(himds_options *options,
                                              const char *client_id,
                                              himds_error **error);

/**
 * The object id (principal id) of the user-assigned identity to use. NULL: the machine's own,
 * system-assigned identity. See also: himds_options_set_client_id().
 *
 * Ownership: object_id is copied. Blocks: never. Threads: one at a time for options.
 * Returns: HIMDS_OK; HIMDS_INVALID_ARGUMENT if options is NULL, or object_id is empty or not
 * UTF-8.
 */
HIMDS_API int32_t himds_options_set_object_id(himds_options *options,
                                              const char *object_id,
                                              himds_error **error);

/**
 * The Azure resource id (/subscriptions/...) of the user-assigned identity to use. NULL: the
 * machine's own, system-assigned identity. See also: himds_options_set_client_id().
 *
 * Ownership: resource_id is copied. Blocks: never. Threads: one at a time for options.
 * Returns: HIMDS_OK; HIMDS_INVALID_ARGUMENT if options is NULL, or resource_id is empty or not
 * UTF-8.
 */
HIMDS_API int32_t himds_options_set_resource_id(himds_options *options,
                                                const char *resource_id,
                                                himds_error **error);

/**
 * The User-Agent header of every request. NULL: the library's name and version.
 *
 * Ownership: user_agent is copied. Blocks: never. Threads: one at a time for options.
 * Returns: HIMDS_OK; HIMDS_INVALID_ARGUMENT if options is NULL or user_agent is not UTF-8.
 * himds_client_new() refuses a text that a header cannot carry.
 */
HIMDS_API int32_t himds_options_set_user_agent(himds_options *options,
                                               const char *user_agent,
                                               himds_error **error);

/**
 * How long a call may take with all its tries and waits, in milliseconds. Default: 30 000. For a
 * single call, see himds_request_set_deadline_ms().
 *
 * Ownership: options is used for the call only. Blocks: never. Threads: one at a time for options.
 * Returns: HIMDS_OK; HIMDS_INVALID_ARGUMENT if options is NULL or timeout_ms is 0.
 */
HIMDS_API int32_t himds_options_set_timeout_ms(himds_options *options,
                                               uint64_t timeout_ms,
                                               himds_error **error);

/**
 * How long connecting may take, in milliseconds. Default: 1 000 to HIMDS, 2 000 to IMDS.
 *
 * Ownership: options is used for the call only. Blocks: never. Threads: one at a time for options.
 * Returns: HIMDS_OK; HIMDS_INVALID_ARGUMENT if options is NULL or connect_timeout_ms is 0.
 */
HIMDS_API int32_t himds_options_set_connect_timeout_ms(himds_options *options,
                                                       uint64_t connect_timeout_ms,
                                                       himds_error **error);

/**
 * How many times a request is tried at most, including the first. Default: 5.
 *
 * Ownership: options is used for the call only. Blocks: never. Threads: one at a time for options.
 * Returns: HIMDS_OK; HIMDS_INVALID_ARGUMENT if options is NULL or max_attempts is 0.
 */
HIMDS_API int32_t himds_options_set_max_attempts(himds_options *options,
                                                 uint32_t max_attempts,
                                                 himds_error **error);

/**
 * Whether the key of an Arc agent is sent only to a process that can read it anyway (root's, or
 * the owner's of the key file or its directory), as the kernel says of the connection: any number
 * but 0, the default, for yes. 0 is for a relay that an administrator runs between this process
 * and the agent. If the kernel cannot be asked, the key is sent, and himds_client_diagnose() says
 * so. No environment variable sets this.
 *
 * Ownership: options is used for the call only. Blocks: never. Threads: one at a time for options.
 * Returns: HIMDS_OK; HIMDS_INVALID_ARGUMENT if options is NULL.
 */
HIMDS_API int32_t himds_options_set_verify_peer(himds_options *options,
                                                int32_t verify_peer,
                                                himds_error **error);

/**
 * How long to wait for a service that is not running yet, in milliseconds; 0, the default, for
 * not at all. If nothing is listening, the request is made again, with the usual waits, until
 * something is, or this time or the deadline ends: for a daemon that starts before the agent, at
 * boot.
 *
 * Ownership: options is used for the call only. Blocks: never. Threads: one at a time for options.
 * Returns: HIMDS_OK; HIMDS_INVALID_ARGUMENT if options is NULL.
 */
HIMDS_API int32_t himds_options_set_wait_for_service_ms(himds_options *options,
                                                        uint64_t wait_ms,
                                                        himds_error **error);

/**
 * The value that the client takes for an environment variable instead of the process's own: for
 * hosts whose environment is not that of the process. value NULL: the variable is not set.
 * Variables that you never name here come from the process's environment; in a privileged program
 * (set-user-id, set-group-id, file capabilities) they are not set, because the user who started it
 * chose them.
 *
 * Ownership: name and value are copied. Blocks: never. Threads: one at a time for options.
 * Returns: HIMDS_OK; HIMDS_INVALID_ARGUMENT if options or name is NULL, name is empty or contains
 * a `=`, or one of them is not UTF-8.
 */
HIMDS_API int32_t himds_options_set_environment(himds_options *options,
                                                const char *name,
                                                const char *value,
                                                himds_error **error);

/**
 * Frees options. Clients that were created with them do not need them. NULL is allowed.
 *
 * Ownership: options was owned by the caller and is gone. Blocks: never. Threads: any; no other
 * call may use it.
 */
HIMDS_API void himds_options_free(himds_options *options);

/*
 * CANCEL HANDLES
 *
 * End a call from another thread.
 */

/**
 * Ends the calls that it was given to, from any thread: owned, with himds_cancel_free(). One-shot:
 * once cancelled it stays cancelled, and a later call with it that would ask the service ends at
 * once. A handle that was made before a fork() belongs to the parent. Since ABI 1.
 *
 * It is not async-signal-safe. Let a signal handler wake a thread (self-pipe, signalfd, sigwait),
 * and cancel from there.
 */
typedef struct himds_cancel himds_cancel;

/**
 * Creates a cancel handle. Give it to requests with himds_request_set_cancel().
 *
 * Ownership: cancel is owned, with himds_cancel_free(). Blocks: never. Threads: any.
 * Returns: HIMDS_OK; HIMDS_INVALID_ARGUMENT if cancel is NULL.
 */
HIMDS_API int32_t himds_cancel_new(himds_cancel **cancel, himds_error **error);

/**
 * Cancels: calls that hold this handle return HIMDS_CANCELLED within 100 ms, and later calls that
 * would ask the service return it at once. Cancelling again does nothing.
 *
 * Ownership: cancel is used for the call only. Blocks: never. Threads: any, also during the calls
 * that are to end.
 * Returns: HIMDS_OK; HIMDS_INVALID_ARGUMENT if cancel is NULL.
 */
HIMDS_API int32_t himds_cancel_cancel(const himds_cancel *cancel, himds_error **error);

/**
 * 1 if the handle was cancelled, otherwise 0; 0 for NULL.
 *
 * Blocks: never. Threads: any.
 */
HIMDS_API int32_t himds_cancel_is_cancelled(const himds_cancel *cancel);

/**
 * Frees a cancel handle. Requests that it was given to keep what they need of it. NULL is allowed.
 *
 * Ownership: cancel was owned by the caller and is gone. Blocks: never. Threads: any; no other
 * call may use it.
 */
HIMDS_API void himds_cancel_free(himds_cancel *cancel);

/*
 * OPTIONS OF ONE CALL
 *
 * For the functions that end in _with, himds_client_get() and himds_client_diagnose().
 */

/**
 * Options for one call: owned, with himds_request_free(). It can serve any number of calls, from
 * several threads at once too, while no thread changes it. Since ABI 1.
 */
typedef struct himds_request himds_request;

/**
 * Creates a request with default options.
 *
 * Ownership: request is owned, with himds_request_free(). Blocks: never. Threads: any.
 * Returns: HIMDS_OK; HIMDS_INVALID_ARGUMENT if request is NULL.
 */
HIMDS_API int32_t himds_request_new(himds_request **request, himds_error **error);

/**
 * Whether to bypass the client's cache, and the service's own if it can be bypassed (Arc agents
 * from 1.66): 0, the default, or any other number for yes. Calls for metadata, which is not
 * cached, ignore it.
 *
 * Ownership: request is used for the call only. Blocks: never. Threads: one at a time for a
 * request.
 * Returns: HIMDS_OK; HIMDS_INVALID_ARGUMENT if request is NULL.
 */
HIMDS_API int32_t himds_request_set_force_refresh(himds_request *request,
                                                  int32_t force_refresh,
                                                  himds_error **error);

/**
 * The claims challenge that a resource sent with its 401. Neither service accepts the claims
 * themselves: the token is fetched afresh, as with himds_request_set_force_refresh(). NULL or "":
 * none, the default.
 *
 * Ownership: claims is copied. Blocks: never. Threads: one at a time for a request.
 * Returns: HIMDS_OK; HIMDS_INVALID_ARGUMENT if request is NULL or claims is not UTF-8.
 */
HIMDS_API int32_t himds_request_set_claims(himds_request *request,
                                           const char *claims,
                                           himds_error **error);

/**
 * How long a call may take in all, in milliseconds, instead of the client's timeout. A cached
 * token is returned whatever the deadline.
 *
 * Ownership: request is used for the call only. Blocks: never. Threads: one at a time for a
 * request.
 * Returns: HIMDS_OK; HIMDS_INVALID_ARGUMENT if request is NULL or deadline_ms is 0.
 */
HIMDS_API int32_t himds_request_set_deadline_ms(himds_request *request,
                                                uint64_t deadline_ms,
                                                himds_error **error);

/**
 * The handle that ends calls with this request from another thread. NULL: none, the default.
 *
 * Ownership: cancel is copied: you may free it at once, but then nobody can cancel any more.
 * Blocks: never. Threads: one at a time for a request.
 * Returns: HIMDS_OK; HIMDS_INVALID_ARGUMENT if request is NULL.
 */
HIMDS_API int32_t himds_request_set_cancel(himds_request *request,
                                           const himds_cancel *cancel,
                                           himds_error **error);

/**
 * Frees a request. NULL is allowed.
 *
 * Ownership: request was owned by the caller and is gone. Blocks: never. Threads: any; no other
 * call may use it.
 */
HIMDS_API void himds_request_free(himds_request *request);

/*
 * TOKENS
 */

/**
 * An access token for one resource: owned, with himds_token_free(). It does not change and does
 * not depend on its client, so any number of threads may read it while one of them keeps it. The
 * secret is zeroed with its last handle. Since ABI 1.
 */
typedef struct himds_token himds_token;

/**
 * The token itself, visible ASCII, for the header `Authorization: Bearer ...`. Do not log it.
 *
 * Ownership: borrowed from token. length: may be NULL. Given NULL: "" and 0.
 * Blocks: never. Threads: any.
 */
HIMDS_API const char *himds_token_secret(const himds_token *token, size_t *length);

/**
 * The resource that was requested, without a trailing "/.default".
 *
 * Ownership: borrowed from token. length: may be NULL. Given NULL: "" and 0.
 * Blocks: never. Threads: any.
 */
HIMDS_API const char *himds_token_resource(const himds_token *token, size_t *length);

/**
 * The type of the token, "Bearer".
 *
 * Ownership: borrowed from token. length: may be NULL. Given NULL: "" and 0.
 * Blocks: never. Threads: any.
 */
HIMDS_API const char *himds_token_type(const himds_token *token, size_t *length);

/**
 * When the token expires, in milliseconds since 1970-01-01 00:00 UTC; 0 for NULL. The client
 * renews it before then: you need not compare.
 *
 * Blocks: never. Threads: any.
 */
HIMDS_API uint64_t himds_token_expires_on_ms(const himds_token *token);

/**
 * When the client starts to refresh it early, in milliseconds since 1970-01-01 00:00 UTC; 0 for a
 * short-lived token for which the service named no time, and for NULL. To find out whether that
 * time has come, prefer himds_client_peek_fresh_token().
 *
 * Blocks: never. Threads: any.
 */
HIMDS_API uint64_t himds_token_refresh_on_ms(const himds_token *token);

/**
 * How many tries it took to get the token from the service; a handshake of two requests is one
 * try. For a token from the cache, the number is that of the call that fetched it. 0 for NULL.
 *
 * Blocks: never. Threads: any.
 */
HIMDS_API uint32_t himds_token_attempts(const himds_token *token);

/**
 * The claims of the token, a JSON object. They are NOT verified: for people to read, never for
 * decisions.
 *
 * Ownership: claims is owned, with himds_text_free(). Blocks: never. Threads: any.
 * Returns: HIMDS_OK; HIMDS_INVALID_ARGUMENT if token or claims is NULL; HIMDS_RESPONSE_INVALID if
 * the token is not a JWT.
 */
HIMDS_API int32_t himds_token_claims(const himds_token *token,
                                     himds_text **claims,
                                     himds_error **error);

/**
 * The claims of any JWT, a JSON object. They are NOT verified: for people to read, never for
 * decisions.
 *
 * Ownership: token is used for the call only; claims is owned, with himds_text_free(). Blocks:
 * never. Threads: any.
 * Returns: HIMDS_OK; HIMDS_INVALID_ARGUMENT if token or claims is NULL or token is not UTF-8;
 * HIMDS_RESPONSE_INVALID if the token is not a JWT.
 */
HIMDS_API int32_t himds_claims_decode(const char *token,
                                      himds_text **claims,
                                      himds_error **error);

/**
 * Frees a token's handle. NULL is allowed.
 *
 * Ownership: token was owned by the caller and is gone. Blocks: never. Threads: any; no other call
 * may use it.
 */
HIMDS_API void himds_token_free(himds_token *token);

/*
 * METADATA
 */

/**
 * The instance metadata as the service sent it: owned, with himds_metadata_free(). It does not
 * change and does not depend on its client, so any number of threads may read it. Since ABI 1.
 */
typedef struct himds_metadata himds_metadata;

/**
 * The whole document, {"compute":{...},"network":{...}}, as the service sent it, but without what
 * JSON parsers refuse, such as half of a surrogate pair.
 *
 * Ownership: borrowed from metadata. length: may be NULL. Given NULL: "" and 0.
 * Blocks: never. Threads: any.
 */
HIMDS_API const char *himds_metadata_json(const himds_metadata *metadata, size_t *length);

/**
 * The value at a JSON pointer (RFC 6901), such as "/compute/subscriptionId" or
 * "/compute/tagsList/0/value": for a string its text, for everything else its JSON. "" is the
 * whole document. On Arc-enabled servers most members of a virtual machine are present but empty.
 *
 * Ownership: pointer is used for the call only; value is owned, with himds_text_free(). Blocks:
 * never. Threads: any.
 * Returns: HIMDS_OK; HIMDS_INVALID_ARGUMENT if metadata, pointer or value is NULL, or pointer is
 * not UTF-8 or not a JSON pointer; HIMDS_NOT_FOUND if it leads nowhere.
 */
HIMDS_API int32_t himds_metadata_get(const himds_metadata *metadata,
                                     const char *pointer,
                                     himds_text **value,
                                     himds_error **error);

/**
 * The same as himds_metadata_get(), but always JSON: a string comes with its quotes, so that
 * "null" and null differ.
 *
 * Ownership: pointer is used for the call only; value is owned, with himds_text_free(). Blocks:
 * never. Threads: any.
 * Returns: as himds_metadata_get().
 */
HIMDS_API int32_t himds_metadata_get_json(const himds_metadata *metadata,
                                          const char *pointer,
                                          himds_text **value,
                                          himds_error **error);

/**
 * Frees metadata. NULL is allowed.
 *
 * Ownership: metadata was owned by the caller and is gone. Blocks: never. Threads: any; no other
 * call may use it.
 */
HIMDS_API void himds_metadata_free(himds_metadata *metadata);

/*
 * CLIENTS
 *
 * Create one client for the whole process and keep it: its cache is what makes calls fast.
 *
 * A program that may wait calls himds_client_get_token() before each use of a token. The call
 * takes tens of nanoseconds if the token is cached, and the client refreshes it early. It keeps no
 * token of its own.
 *
 * A thread that must not wait, such as an event loop, never calls it. It does this instead:
 *
 *  1. himds_client_peek_fresh_token(). If there is a token, use it; done.
 *  2. Otherwise wake a worker thread, and call himds_client_peek_token(). If there is a token, use
 *     it: it is still valid. If not, postpone the work.
 *  3. The worker calls himds_client_get_token(), which puts the new token into the cache. If that
 *     fails, the worker pauses as the table under STATUSES says, whatever wakes it meanwhile.
 *
 * This way the client alone decides when a token is due, the loop compares no times, and a refresh
 * delays nobody. himds_client_peek_token() alone would use each token until it is about to expire
 * and then have none. examples/c/daemon.c is the whole loop.
 */

/**
 * A client with its cache of tokens: owned, with himds_client_free(). Any number of threads may
 * use one at once. Freeing it during a call on it is undefined. Since ABI 1.
 */
typedef struct himds_client himds_client;

/**
 * Creates a client: chooses the source and checks the options. Sends nothing.
 *
 * Ownership: options, NULL for the defaults, is copied; client is owned, with himds_client_free().
 * Blocks: no; it reads small local files. Threads: any, but it reads the environment, which no
 * thread may change meanwhile.
 * Returns: HIMDS_OK; HIMDS_INVALID_ARGUMENT if client is NULL or an option is not usable;
 * HIMDS_CONFIGURATION if an endpoint is forbidden or options contradict each other. A machine
 * without a source is not an error yet: the first call that needs one returns HIMDS_UNAVAILABLE.
 */
HIMDS_API int32_t himds_client_new(const himds_options *options,
                                   himds_client **client,
                                   himds_error **error);

/**
 * Gets a token for a resource, such as "https://vault.azure.net", from the cache or from the
 * service. A scope, such as "https://vault.azure.net/.default", works too. Many threads that need
 * one resource at once share one request. See also: himds_client_get_token_with() for a deadline
 * or cancelling, himds_client_peek_fresh_token() for event loops.
 *
 * Ownership: resource is used for the call only; token is owned, with himds_token_free().
 * Blocks: never for a cached token; otherwise up to the client's timeout, by default 30 000 ms,
 * and 1 000 ms (HIMDS) or 2 000 ms (IMDS) of it to connect. Threads: any.
 * Returns: HIMDS_OK; HIMDS_INVALID_ARGUMENT if client, resource or token is NULL, or resource is
 * not UTF-8, empty, longer than 2048 bytes or has control characters; HIMDS_UNAVAILABLE,
 * HIMDS_TIMEOUT, HIMDS_TRANSPORT; from HIMDS HIMDS_CHALLENGE_INVALID, HIMDS_KEY_FILE_REJECTED,
 * HIMDS_KEY_FILE_UNREADABLE, HIMDS_KEY_REFUSED; from either HIMDS_SERVICE,
 * HIMDS_IDENTITY_NOT_FOUND, HIMDS_IDENTITY_MISMATCH, HIMDS_THROTTLED, HIMDS_RESPONSE_INVALID; from
 * IMDS HIMDS_NOT_AZURE; HIMDS_INTERNAL.
 */
HIMDS_API int32_t himds_client_get_token(const himds_client *client,
                                         const char *resource,
                                         himds_token **token,
                                         himds_error **error);

/**
 * The same as himds_client_get_token(), with options for this call.
 *
 * Ownership: resource and request, which may be NULL, are used for the call only; token is owned,
 * with himds_token_free().
 * Blocks: never for a cached token; otherwise up to the request's deadline or the client's
 * timeout, by default 30 000 ms. Threads: any.
 * Returns: as himds_client_get_token(); HIMDS_CANCELLED.
 */
HIMDS_API int32_t himds_client_get_token_with(const himds_client *client,
                                              const char *resource,
                                              const himds_request *request,
                                              himds_token **token,
                                              himds_error **error);

/**
 * Gets a token as himds_client_get_token() does and copies it, with a NUL, into the caller's
 * buffer. For a cached token it allocates nothing. A token usually has 1 to 4 KiB. Prefer
 * himds_client_get_token() unless you must not allocate: its handle frees and zeroes the secret.
 *
 * Ownership: resource is used for the call only; buffer stays yours: zero it when you are done.
 * buffer may be NULL if size is 0. length: receives the token's bytes without the NUL, also if the
 * buffer is too small: then provide one byte more than that and call again; the token is in the
 * cache. expires_on_ms: receives its expiry in milliseconds since 1970-01-01 00:00 UTC. Both may
 * be NULL, and are 0 after any other error.
 * Blocks: never for a cached token; otherwise up to the client's timeout, by default 30 000 ms.
 * Threads: any.
 * Returns: as himds_client_get_token(); HIMDS_INVALID_ARGUMENT if buffer is NULL and size is not
 * 0; HIMDS_BUFFER_TOO_SMALL, with an empty text in the buffer.
 */
HIMDS_API int32_t himds_client_copy_token(const himds_client *client,
                                          const char *resource,
                                          char *buffer,
                                          size_t size,
                                          size_t *length,
                                          uint64_t *expires_on_ms,
                                          himds_error **error);

/**
 * The cached token for a resource, or NULL with HIMDS_OK if there is none that is still valid. It
 * sends nothing and waits for nobody. Call it after himds_client_peek_fresh_token() found nothing;
 * alone, it never has a token refreshed.
 *
 * Ownership: resource is used for the call only; token is owned, with himds_token_free().
 * Blocks: never. Threads: any.
 * Returns: HIMDS_OK; HIMDS_INVALID_ARGUMENT if client, resource or token is NULL or resource is
 * not UTF-8.
 */
HIMDS_API int32_t himds_client_peek_token(const himds_client *client,
                                          const char *resource,
                                          himds_token **token,
                                          himds_error **error);

/**
 * The same as himds_client_peek_token(), but also NULL if himds_client_get_token() would now
 * request a newer token early. NULL therefore means: have a worker thread call
 * himds_client_get_token(), and use the token of himds_client_peek_token() meanwhile.
 *
 * Ownership: resource is used for the call only; token is owned, with himds_token_free().
 * Blocks: never. Threads: any.
 * Returns: as himds_client_peek_token().
 */
HIMDS_API int32_t himds_client_peek_fresh_token(const himds_client *client,
                                                const char *resource,
                                                himds_token **token,
                                                himds_error **error);

/**
 * Gets the instance metadata from the service. It is not cached.
 *
 * Ownership: metadata is owned, with himds_metadata_free(). Blocks: up to the client's timeout, by
 * default 30 000 ms. Threads: any.
 * Returns: HIMDS_OK; HIMDS_INVALID_ARGUMENT if client or metadata is NULL; HIMDS_UNAVAILABLE,
 * HIMDS_TIMEOUT, HIMDS_TRANSPORT, HIMDS_SERVICE, HIMDS_THROTTLED, HIMDS_RESPONSE_INVALID,
 * HIMDS_NOT_AZURE, HIMDS_INTERNAL.
 */
HIMDS_API int32_t himds_client_get_metadata(const himds_client *client,
                                            himds_metadata **metadata,
                                            himds_error **error);

/**
 * The same as himds_client_get_metadata(), with options for this call.
 *
 * Ownership: request, which may be NULL, is used for the call only; metadata is owned, with
 * himds_metadata_free().
 * Blocks: up to the request's deadline or the client's timeout, by default 30 000 ms. Threads:
 * any.
 * Returns: as himds_client_get_metadata(); HIMDS_CANCELLED.
 */
HIMDS_API int32_t himds_client_get_metadata_with(const himds_client *client,
                                                 const himds_request *request,
                                                 himds_metadata **metadata,
                                                 himds_error **error);

/**
 * Gets another document of the metadata service, such as "/metadata/identity/info", and returns
 * its body unchanged. For "/metadata/instance", prefer himds_client_get_metadata().
 *
 * api_version: NULL for the one in the path's query; without that, the source's usual one.
 * Ownership: path, api_version and request, which may be NULL, are used for the call only; body is
 * owned, with himds_text_free().
 * Blocks: up to the request's deadline or the client's timeout, by default 30 000 ms. Threads:
 * any.
 * Returns: as himds_client_get_metadata_with(); also HIMDS_INVALID_ARGUMENT if path is NULL, not
 * UTF-8, not below /metadata/ or that of the token, or api_version is malformed or not the one in
 * the path's query.
 */
HIMDS_API int32_t himds_client_get(const himds_client *client,
                                   const char *path,
                                   const char *api_version,
                                   const himds_request *request,
                                   himds_text **body,
                                   himds_error **error);

/**
 * Diagnoses this machine: checks everything that a token depends on, requests one, and says what
 * is wrong and how to fix it, as JSON: {"ok":true,"source":"himds","source_reason":"...",
 * "findings":[{"name":"...","status":"ok","detail":"...","fix":"...","elapsed_ms":1.2}]}, where
 * each status is "ok", "warning" or "failed". A finding is not an error: the call itself succeeds.
 *
 * resource: NULL for "https://management.azure.com".
 * Ownership: resource and request, which may be NULL, are used for the call only; json is owned,
 * with himds_text_free().
 * Blocks: up to the request's deadline or the client's timeout, by default 30 000 ms. Threads:
 * any.
 * Returns: HIMDS_OK; HIMDS_INVALID_ARGUMENT if client or json is NULL, or for a resource that
 * himds_client_get_token() refuses; HIMDS_CANCELLED, HIMDS_INTERNAL.
 */
HIMDS_API int32_t himds_client_diagnose(const himds_client *client,
                                        const char *resource,
                                        const himds_request *request,
                                        himds_text **json,
                                        himds_error **error);

/**
 * Forgets all tokens of the client. Handles that callers have stay valid. To replace a single
 * token, prefer himds_request_set_force_refresh().
 *
 * Ownership: client is used for the call only. Blocks: never. Threads: any.
 * Returns: HIMDS_OK; HIMDS_INVALID_ARGUMENT if client is NULL.
 */
HIMDS_API int32_t himds_client_clear_cache(const himds_client *client, himds_error **error);

/**
 * Which service the client uses: "himds", "imds", or "" if neither is available.
 *
 * Ownership: borrowed from client. length: may be NULL. Given NULL: "" and 0.
 * Blocks: never. Threads: any.
 */
HIMDS_API const char *himds_client_source(const himds_client *client, size_t *length);

/**
 * Why the client uses that service, in words for people.
 *
 * Ownership: borrowed from client. length: may be NULL. Given NULL: "" and 0.
 * Blocks: never. Threads: any.
 */
HIMDS_API const char *himds_client_source_reason(const himds_client *client, size_t *length);

/**
 * The base URL that the client uses; "" if there is no source.
 *
 * Ownership: borrowed from client. length: may be NULL. Given NULL: "" and 0.
 * Blocks: never. Threads: any.
 */
HIMDS_API const char *himds_client_endpoint(const himds_client *client, size_t *length);

/**
 * Frees a client with its cache. Tokens, metadata and errors that came from it stay valid. NULL is
 * allowed.
 *
 * Ownership: client was owned by the caller and is gone. Blocks: never.
 * Threads: any; no other call may use it, not even one that began before: join or cancel first.
 */
HIMDS_API void himds_client_free(himds_client *client);

#ifdef __cplusplus
}
#endif

#endif /* HIMDS_H */
