/*
 * himds.h - managed-identity tokens and instance metadata, on Azure Arc-enabled servers (HIMDS) and Azure VMs (IMDS)
 *
 * Generated from ffi-c/src by `make header`; edit the comments there. SPDX-License-Identifier: MIT OR Apache-2.0
 *
 *     himds_client *client = NULL;
 *     himds_token *token = NULL;
 *     himds_error *error = NULL;
 *     if (himds_client_new(NULL, &client, &error) == HIMDS_OK &&
 *         himds_client_get_token(client, "https://vault.azure.net", &token, &error) == HIMDS_OK)
 *         printf("Authorization: Bearer %s\n", himds_token_secret(token, NULL));
 *     else
 *         fprintf(stderr, "%s\n%s\n", himds_error_message(error, NULL), himds_error_hint(error, NULL));
 *     himds_token_free(token);
 *     himds_client_free(client);
 *     himds_error_free(error);
 *
 * CONVENTIONS, true for every function
 *
 * Statuses. A function that can fail returns an int32_t, HIMDS_OK or another HIMDS_ constant, and takes a himds_error
 * ** last. Numbers are grouped by layer and never reused; later versions may add some, so treat an unknown number as a
 * failure. The last parameter may be NULL; else it is written: NULL on success, on failure an error object (owned,
 * with himds_error_free()). Free it before you pass the same variable again. There is no errno and no "last error".
 *
 * Outputs are always written: handles NULL and numbers 0 first, then the value. They need not be initialised, and
 * after a failure every output can be passed to its _free function. Two outputs of one call must not be the same
 * variable.
 *
 * Ownership, in four words.
 *   owned     yours: free it with the function named. All _free functions take NULL.
 *   borrowed  the library's: valid until its parent, the object it was read from, is freed.
 *   copied    an input of which the library keeps a copy: free yours at once if you like.
 *   static    valid for ever.
 * Inputs are never consumed: what you pass in stays yours, and what is "used for the call only" may be freed after it.
 * No object depends on another one that it came from: a token outlives its client.
 *
 * Texts are UTF-8. Inputs are NUL-terminated; NULL, where it is not allowed, and invalid UTF-8 are
 * HIMDS_INVALID_ARGUMENT. Outputs are NUL-terminated too and tell their length (without the NUL) on request. Functions
 * that read something from an object take NULL for the object and return "", 0 or what they say.
 *
 * Threads. Clients, tokens, metadata, texts, errors and cancel handles may be used by any number of threads at once;
 * options and requests while no thread changes them. Whoever frees an object sees to it that no call still uses it:
 * freeing during a call is undefined. To end calls early, cancel them and wait for their threads: pthread_cancel()
 * waits until the call returns. While a thread ends (in a thread_local's or a pthread key's destructor), only cached
 * tokens can be had; what asks the service is HIMDS_INVALID_ARGUMENT. A thread needs 64 KiB of stack for a call.
 *
 * What the library does to your process: nothing. It starts no thread, leaves no connection and no file descriptor
 * behind after a call, raises no SIGPIPE, installs no signal handler, prints nothing, reads no proxy setting. A bug in
 * it becomes HIMDS_INTERNAL, not a crash. Calls that block do so on the calling thread. No function is
 * async-signal-safe. Where memory runs out, the process is ended by abort(). After fork() the child may go on with its parent's clients, tokens and requests, whatever the
 * parent's other threads were doing at that moment, and frees its own copies; a cancel handle stays the parent's.
 *
 * Secrets. The token is shown by himds_token_secret() and himds_client_copy_token() alone; no error, message or hint
 * ever has one. Memory of the library's own is zeroed when freed.
 *
 * Times are unsigned milliseconds: since 1970-01-01 00:00 UTC where the name ends in _on_ms, else a duration.
 */

#ifndef HIMDS_H
#define HIMDS_H

#include <stddef.h>
#include <stdint.h>

/* Before each function. Windows programs that link himds.dll may define it as __declspec(dllimport). */
#ifndef HIMDS_API
#define HIMDS_API
#endif

/** The version of this header; himds_version() returns the library's. */
#define HIMDS_VERSION "0.1.0"


/**
 * The generation of the interface that this header describes; compare with `himds_abi_version()`.
 */
#define HIMDS_ABI_VERSION 1

/**
 * Done.
 */
#define HIMDS_OK 0

/**
 * An argument is unusable: NULL, not UTF-8, empty or over-long, with control characters, out of range.
 */
#define HIMDS_INVALID_ARGUMENT 1

/**
 * An option or the environment names a bad or forbidden endpoint, or options contradict each other.
 */
#define HIMDS_CONFIGURATION 2

/**
 * The caller's buffer is too small; the size needed was written.
 */
#define HIMDS_BUFFER_TOO_SMALL 3

/**
 * A JSON pointer that leads nowhere.
 */
#define HIMDS_NOT_FOUND 4

/**
 * Used after it was closed. C has no such state: other languages' libraries use the number.
 */
#define HIMDS_CLOSED 5

/**
 * There is no managed-identity endpoint here, or nobody listens on it.
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
 * The connection broke before the answer was complete, or the answer was over the bounds.
 */
#define HIMDS_TRANSPORT 103

/**
 * HIMDS sent no challenge, a malformed or an ambiguous one, or a token without any.
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
 * The agent answered 401 again after it was sent the key.
 */
#define HIMDS_KEY_REFUSED 113

/**
 * Any other HTTP error.
 */
#define HIMDS_SERVICE 200

/**
 * The identity asked for is not assigned to this machine.
 */
#define HIMDS_IDENTITY_NOT_FOUND 201

/**
 * The answer does not confirm the identity asked for.
 */
#define HIMDS_IDENTITY_MISMATCH 202

/**
 * The service answered 429 to the end.
 */
#define HIMDS_THROTTLED 203

/**
 * A complete answer of status 2xx that cannot be used.
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
 * Ends the calls that it was given to, from any thread: owned, with himds_cancel_free(). One-shot: once cancelled it
 * stays so, and a call that is given it afterwards and would ask the service ends at once. Not async-signal-safe: a signal handler wakes a
 * thread (self-pipe, signalfd, sigwait), which cancels. Made before a fork(), it belongs to the parent.
 */
typedef struct himds_cancel himds_cancel;

/**
 * A client with its cache of tokens: owned, with himds_client_free(). Any number of threads may use one at once, and
 * should: one client for a process is the usual thing. Freeing it while a call on it runs is undefined.
 */
typedef struct himds_client himds_client;

/**
 * Why a call failed and what to do about it: owned, with himds_error_free(). It does not change, so any number of
 * threads may read it. No part of it ever shows a token or a key.
 */
typedef struct himds_error himds_error;

/**
 * The instance metadata as the service sent it: owned, with himds_metadata_free(). It does not change and does not
 * depend on its client, so any number of threads may read it.
 */
typedef struct himds_metadata himds_metadata;

/**
 * The options of clients to be made: owned, with himds_options_free(). Not to be changed by one thread while another
 * uses it.
 */
typedef struct himds_options himds_options;

/**
 * Wishes and limits for one call: owned, with himds_request_free(). It may be used for any number of calls, by several
 * threads at once too as long as none of them changes it.
 */
typedef struct himds_request himds_request;

/**
 * A text that this library gives out: owned, with himds_text_free().
 */
typedef struct himds_text himds_text;

/**
 * An access token for one resource: owned, with himds_token_free(). It does not change and does not depend on its
 * client, so any number of threads may read it, as long as one keeps it. The secret is zeroed with its last handle.
 */
typedef struct himds_token himds_token;

#ifdef __cplusplus
extern "C" {
#endif /* __cplusplus */

/**
 * The version of the library, such as "0.1.0".
 *
 * Ownership: static. Blocks: never. Threads: any.
 */
HIMDS_API const char *himds_version(void);

/**
 * The generation of the library's interface. Functions are only ever added within one, so a program that was built
 * with this header runs with every library that returns the same number as HIMDS_ABI_VERSION. For programs that load
 * the library at run time: the linker sees to it by the name `libhimds.so.1`.
 *
 * Blocks: never. Threads: any.
 */
HIMDS_API uint32_t himds_abi_version(void);

/**
 * The name of a status in snake case: "ok" for 0, "key_file_unreadable" for 112; "unknown" for a number that this
 * version of the library does not know.
 *
 * Ownership: static. Blocks: never. Threads: any.
 */
HIMDS_API const char *himds_status_name(int32_t status);

/**
 * Makes options that are all at their defaults.
 *
 * Ownership: options is owned, with himds_options_free(). Blocks: never. Threads: any.
 * Returns: HIMDS_OK; HIMDS_INVALID_ARGUMENT where options is NULL.
 */
HIMDS_API int32_t himds_options_new(himds_options **options, himds_error **error);

/**
 * Which service to ask: "himds" (Azure Arc-enabled server) or "imds" (Azure VM). NULL: the library chooses, from what
 * it finds on the machine; himds_client_source_reason() tells.
 *
 * Ownership: source is copied. Blocks: never. Threads: one at a time for options.
 * Returns: HIMDS_OK; HIMDS_INVALID_ARGUMENT where options is NULL or source not UTF-8; HIMDS_CONFIGURATION where
 * source is neither of the two.
 */
HIMDS_API int32_t himds_options_set_source(himds_options *options,
                                           const char *source,
                                           himds_error **error);

/**
 * The service's base URL, such as "http://127.0.0.1:40342"; a token URL with the usual path will do. HIMDS is only
 * ever asked at a loopback address, IMDS at 169.254.169.254 or a loopback address. NULL: the source's usual one. It is
 * looked at by himds_client_new().
 *
 * Ownership: endpoint is copied. Blocks: never. Threads: one at a time for options.
 * Returns: HIMDS_OK; HIMDS_INVALID_ARGUMENT where options is NULL or endpoint not UTF-8.
 */
HIMDS_API int32_t himds_options_set_endpoint(himds_options *options,
                                             const char *endpoint,
                                             himds_error **error);

/**
 * The directory in which the Arc agent puts its key files, an absolute path. NULL: /var/opt/azcmagent/tokens, on
 * Windows Tokens in the folder AzureConnectedMachineAgent of ProgramData. For tests and containers: a key is read from
 * nowhere else. It is looked at by himds_client_new().
 *
 * Ownership: token_dir is copied. Blocks: never. Threads: one at a time for options.
 * Returns: HIMDS_OK; HIMDS_INVALID_ARGUMENT where options is NULL or token_dir not UTF-8.
 */
HIMDS_API int32_t himds_options_set_token_dir(himds_options *options,
                                              const char *token_dir,
                                              himds_error **error);

/**
 * The client id (application id) of the user-assigned identity to be. NULL: the machine's own, system-assigned one.
 * Set at most one of client id, object id and resource id: himds_client_new() refuses more.
 *
 * Ownership: client_id is copied. Blocks: never. Threads: one at a time for options.
 * Returns: HIMDS_OK; HIMDS_INVALID_ARGUMENT where options is NULL, or client_id is empty or not UTF-8.
 */
HIMDS_API int32_t himds_options_set_client_id(himds_options *options,
                                              const char *client_id,
                                              himds_error **error);

/**
 * The object id (principal id) of the user-assigned identity to be. NULL: the machine's own, system-assigned one.
 *
 * Ownership: object_id is copied. Blocks: never. Threads: one at a time for options.
 * Returns: HIMDS_OK; HIMDS_INVALID_ARGUMENT where options is NULL, or object_id is empty or not UTF-8.
 */
HIMDS_API int32_t himds_options_set_object_id(himds_options *options,
                                              const char *object_id,
                                              himds_error **error);

/**
 * The Azure resource id (/subscriptions/...) of the user-assigned identity to be. NULL: the machine's own,
 * system-assigned one.
 *
 * Ownership: resource_id is copied. Blocks: never. Threads: one at a time for options.
 * Returns: HIMDS_OK; HIMDS_INVALID_ARGUMENT where options is NULL, or resource_id is empty or not UTF-8.
 */
HIMDS_API int32_t himds_options_set_resource_id(himds_options *options,
                                                const char *resource_id,
                                                himds_error **error);

/**
 * The User-Agent header of every request. NULL: the library's name and version.
 *
 * Ownership: user_agent is copied. Blocks: never. Threads: one at a time for options.
 * Returns: HIMDS_OK; HIMDS_INVALID_ARGUMENT where options is NULL or user_agent not UTF-8. What a header cannot carry
 * is refused by himds_client_new().
 */
HIMDS_API int32_t himds_options_set_user_agent(himds_options *options,
                                               const char *user_agent,
                                               himds_error **error);

/**
 * The milliseconds that a call may take with all its tries and waits. Default: 30 000.
 *
 * Ownership: options is used for the call only. Blocks: never. Threads: one at a time for options.
 * Returns: HIMDS_OK; HIMDS_INVALID_ARGUMENT where options is NULL or timeout_ms 0.
 */
HIMDS_API int32_t himds_options_set_timeout_ms(himds_options *options,
                                               uint64_t timeout_ms,
                                               himds_error **error);

/**
 * The milliseconds that connecting may take. Default: 1 000 to HIMDS, 2 000 to IMDS.
 *
 * Ownership: options is used for the call only. Blocks: never. Threads: one at a time for options.
 * Returns: HIMDS_OK; HIMDS_INVALID_ARGUMENT where options is NULL or connect_timeout_ms 0.
 */
HIMDS_API int32_t himds_options_set_connect_timeout_ms(himds_options *options,
                                                       uint64_t connect_timeout_ms,
                                                       himds_error **error);

/**
 * How often a request is tried at most, the first time included. Default: 5.
 *
 * Ownership: options is used for the call only. Blocks: never. Threads: one at a time for options.
 * Returns: HIMDS_OK; HIMDS_INVALID_ARGUMENT where options is NULL or max_attempts 0.
 */
HIMDS_API int32_t himds_options_set_max_attempts(himds_options *options,
                                                 uint32_t max_attempts,
                                                 himds_error **error);

/**
 * Whether the key of an Arc agent is sent only to a process that can read it anyway (root's, or the owner's of the key
 * file or its directory), as the kernel says of the connection: any number but 0, the default, for yes. 0 is for a relay
 * that an administrator runs between this process and the agent. If the kernel cannot be asked, the key is sent, and
 * himds_client_diagnose() says so. No environment variable sets this.
 *
 * Ownership: options is used for the call only. Blocks: never. Threads: one at a time for options.
 * Returns: HIMDS_OK; HIMDS_INVALID_ARGUMENT if options is NULL.
 */
HIMDS_API int32_t himds_options_set_verify_peer(himds_options *options,
                                                int32_t verify_peer,
                                                himds_error **error);

/**
 * What the client shall take for the value of an environment variable, instead of asking the process's environment:
 * for hosts whose environment is not the process's. value NULL: the variable is not set. Names that were never given
 * are looked up in the process's environment.
 *
 * Ownership: name and value are copied. Blocks: never. Threads: one at a time for options.
 * Returns: HIMDS_OK; HIMDS_INVALID_ARGUMENT where options or name is NULL, name is empty or holds a `=`, or one of
 * them is not UTF-8.
 */
HIMDS_API int32_t himds_options_set_environment(himds_options *options,
                                                const char *name,
                                                const char *value,
                                                himds_error **error);

/**
 * Frees options; clients that were made with them do not need them. NULL is fine.
 *
 * Ownership: options was owned by the caller and is gone. Blocks: never. Threads: any; no other call may use it.
 */
HIMDS_API void himds_options_free(himds_options *options);

/**
 * Makes a client: chooses the source and checks the options. Sends nothing.
 *
 * Ownership: options, NULL for the defaults, is copied; client is owned, with himds_client_free().
 * Blocks: no; it reads small local files. Threads: any; it reads the environment, so no thread may change that now.
 * Returns: HIMDS_OK; HIMDS_INVALID_ARGUMENT where client is NULL or an option is unusable; HIMDS_CONFIGURATION where an
 * endpoint is forbidden or options contradict each other. No source on this machine is no error yet: the first call
 * that needs one says so.
 */
HIMDS_API int32_t himds_client_new(const himds_options *options,
                                   himds_client **client,
                                   himds_error **error);

/**
 * Gets a token for a resource, such as "https://vault.azure.net", from the cache or from the service. A scope, such as
 * "https://vault.azure.net/.default", will do. Many threads that ask for one resource at once make one request.
 *
 * Ownership: resource is used for the call only; token is owned, with himds_token_free().
 * Blocks: for a cached token never; else up to the client's timeout. Threads: any.
 * Returns: HIMDS_OK; HIMDS_INVALID_ARGUMENT where client, resource or token is NULL, or resource is not UTF-8, empty,
 * longer than 2048 bytes or has control characters; HIMDS_UNAVAILABLE, HIMDS_TIMEOUT, HIMDS_TRANSPORT; from HIMDS
 * HIMDS_CHALLENGE_INVALID, HIMDS_KEY_FILE_REJECTED, HIMDS_KEY_FILE_UNREADABLE, HIMDS_KEY_REFUSED; from either
 * HIMDS_SERVICE, HIMDS_IDENTITY_NOT_FOUND, HIMDS_IDENTITY_MISMATCH, HIMDS_THROTTLED, HIMDS_RESPONSE_INVALID; from IMDS
 * HIMDS_NOT_AZURE; HIMDS_INTERNAL.
 */
HIMDS_API int32_t himds_client_get_token(const himds_client *client,
                                         const char *resource,
                                         himds_token **token,
                                         himds_error **error);

/**
 * As himds_client_get_token(), with wishes and limits for this call.
 *
 * Ownership: resource and request, which may be NULL, are used for the call only; token is owned, with
 * himds_token_free().
 * Blocks: for a cached token never; else up to the request's deadline or the client's timeout. Threads: any.
 * Returns: as himds_client_get_token(); HIMDS_CANCELLED.
 */
HIMDS_API int32_t himds_client_get_token_with(const himds_client *client,
                                              const char *resource,
                                              const himds_request *request,
                                              himds_token **token,
                                              himds_error **error);

/**
 * Gets a token as himds_client_get_token() does and copies it, with a NUL, into the caller's buffer. For a cached token
 * nothing is allocated. A token has 1 to 4 KiB as a rule.
 *
 * Ownership: resource is used for the call only; buffer stays the caller's, who zeroes it when done.
 * buffer may be NULL where size is 0. length: written with the token's bytes without the NUL, also where the buffer is
 * too small: then make room for one more than that and call again; the token is in the cache. expires_on_ms: written
 * with its expiry in milliseconds since 1970-01-01 00:00 UTC. Both may be NULL, and are 0 after any other error.
 * Blocks: for a cached token never; else up to the client's timeout. Threads: any.
 * Returns: as himds_client_get_token(); HIMDS_INVALID_ARGUMENT where buffer is NULL and size is not 0;
 * HIMDS_BUFFER_TOO_SMALL, with an empty text in the buffer.
 */
HIMDS_API int32_t himds_client_copy_token(const himds_client *client,
                                          const char *resource,
                                          char *buffer,
                                          size_t size,
                                          size_t *length,
                                          uint64_t *expires_on_ms,
                                          himds_error **error);

/**
 * The cached token for a resource, or NULL with HIMDS_OK where there is none that is still good: for event loops, which
 * have a worker thread call himds_client_get_token() then. It asks nobody and waits for nobody.
 *
 * Ownership: resource is used for the call only; token is owned, with himds_token_free().
 * Blocks: never. Threads: any.
 * Returns: HIMDS_OK; HIMDS_INVALID_ARGUMENT where client, resource or token is NULL or resource not UTF-8.
 */
HIMDS_API int32_t himds_client_peek_token(const himds_client *client,
                                          const char *resource,
                                          himds_token **token,
                                          himds_error **error);

/**
 * As himds_client_peek_token(), but NULL also where himds_client_get_token() would now ask for a newer token ahead of
 * need: for callers who must not wait, but can have a worker thread make that call and do with the old token meanwhile.
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
 * Ownership: metadata is owned, with himds_metadata_free(). Blocks: up to the client's timeout. Threads: any.
 * Returns: HIMDS_OK; HIMDS_INVALID_ARGUMENT where client or metadata is NULL; HIMDS_UNAVAILABLE, HIMDS_TIMEOUT,
 * HIMDS_TRANSPORT, HIMDS_SERVICE, HIMDS_THROTTLED, HIMDS_RESPONSE_INVALID, HIMDS_NOT_AZURE, HIMDS_INTERNAL.
 */
HIMDS_API int32_t himds_client_get_metadata(const himds_client *client,
                                            himds_metadata **metadata,
                                            himds_error **error);

/**
 * As himds_client_get_metadata(), with limits for this call.
 *
 * Ownership: request, which may be NULL, is used for the call only; metadata is owned, with himds_metadata_free().
 * Blocks: up to the request's deadline or the client's timeout. Threads: any.
 * Returns: as himds_client_get_metadata(); HIMDS_CANCELLED.
 */
HIMDS_API int32_t himds_client_get_metadata_with(const himds_client *client,
                                                 const himds_request *request,
                                                 himds_metadata **metadata,
                                                 himds_error **error);

/**
 * Gets another document of the metadata service, such as "/metadata/identity/info": its body as it is.
 *
 * api_version: NULL for the source's usual one for metadata.
 * Ownership: path, api_version and request, which may be NULL, are used for the call only; body is owned, with
 * himds_text_free().
 * Blocks: up to the request's deadline or the client's timeout. Threads: any.
 * Returns: as himds_client_get_metadata_with(); HIMDS_INVALID_ARGUMENT too where path is NULL, not UTF-8, not below
 * /metadata/ or the token's own, or api_version is malformed.
 */
HIMDS_API int32_t himds_client_get(const himds_client *client,
                                   const char *path,
                                   const char *api_version,
                                   const himds_request *request,
                                   himds_text **body,
                                   himds_error **error);

/**
 * Looks at everything that a token depends on, asks for one, and says what is the matter and what to do, as JSON:
 * {"ok":true,"source":"himds","source_reason":"...","findings":[{"name":"...","status":"ok","detail":"...","fix":"...",
 * "elapsed_ms":1.2}]}, where status is "ok", "warning" or "failed". Findings are no error: the call itself succeeds.
 *
 * resource: NULL for "https://management.azure.com".
 * Ownership: resource and request, which may be NULL, are used for the call only; json is owned, with himds_text_free().
 * Blocks: up to the request's deadline or the client's timeout. Threads: any.
 * Returns: HIMDS_OK; HIMDS_INVALID_ARGUMENT where client or json is NULL, or as himds_client_get_token() has it for
 * resource; HIMDS_CANCELLED, HIMDS_INTERNAL.
 */
HIMDS_API int32_t himds_client_diagnose(const himds_client *client,
                                        const char *resource,
                                        const himds_request *request,
                                        himds_text **json,
                                        himds_error **error);

/**
 * Forgets all tokens of the client; handles that callers have stay good.
 *
 * Ownership: client is used for the call only. Blocks: never. Threads: any.
 * Returns: HIMDS_OK; HIMDS_INVALID_ARGUMENT where client is NULL.
 */
HIMDS_API int32_t himds_client_clear_cache(const himds_client *client, himds_error **error);

/**
 * Which service the client asks: "himds", "imds", or "" where neither can be had on this machine.
 *
 * Ownership: borrowed from client. length: may be NULL. Blocks: never. Threads: any. Given NULL: "" and 0.
 */
HIMDS_API const char *himds_client_source(const himds_client *client,
                                          size_t *length);

/**
 * Why the client asks that service, in words for people.
 *
 * Ownership: borrowed from client. length: may be NULL. Blocks: never. Threads: any. Given NULL: "" and 0.
 */
HIMDS_API const char *himds_client_source_reason(const himds_client *client,
                                                 size_t *length);

/**
 * The base URL that the client asks; "" where there is no source.
 *
 * Ownership: borrowed from client. length: may be NULL. Blocks: never. Threads: any. Given NULL: "" and 0.
 */
HIMDS_API const char *himds_client_endpoint(const himds_client *client,
                                            size_t *length);

/**
 * Frees a client with its cache. Tokens, metadata, errors that came from it stay good. NULL is fine.
 *
 * Ownership: client was owned by the caller and is gone. Blocks: never.
 * Threads: any; no other call may use it, not even one that began before: join or cancel first.
 */
HIMDS_API void himds_client_free(himds_client *client);

/**
 * Makes a request that wishes nothing.
 *
 * Ownership: request is owned, with himds_request_free(). Blocks: never. Threads: any.
 * Returns: HIMDS_OK; HIMDS_INVALID_ARGUMENT where request is NULL.
 */
HIMDS_API int32_t himds_request_new(himds_request **request, himds_error **error);

/**
 * Whether to skip the client's cache and to ask the service to skip its own where it can (Arc agents from 1.66): 0,
 * the default, or any other number for yes. Calls for metadata, which is not cached, do not look at it.
 *
 * Ownership: request is used for the call only. Blocks: never. Threads: one at a time for a request.
 * Returns: HIMDS_OK; HIMDS_INVALID_ARGUMENT where request is NULL.
 */
HIMDS_API int32_t himds_request_set_force_refresh(himds_request *request,
                                                  int32_t force_refresh,
                                                  himds_error **error);

/**
 * The claims challenge that a resource sent with its 401. Neither service takes the claims themselves: the token is
 * asked for anew, as with himds_request_set_force_refresh(). NULL or "": none, the default.
 *
 * Ownership: claims is copied. Blocks: never. Threads: one at a time for a request.
 * Returns: HIMDS_OK; HIMDS_INVALID_ARGUMENT where request is NULL or claims not UTF-8.
 */
HIMDS_API int32_t himds_request_set_claims(himds_request *request,
                                           const char *claims,
                                           himds_error **error);

/**
 * The milliseconds that a call may take with everything in it, instead of the client's timeout. A cached token is
 * returned whatever the deadline.
 *
 * Ownership: request is used for the call only. Blocks: never. Threads: one at a time for a request.
 * Returns: HIMDS_OK; HIMDS_INVALID_ARGUMENT where request is NULL or deadline_ms 0.
 */
HIMDS_API int32_t himds_request_set_deadline_ms(himds_request *request,
                                                uint64_t deadline_ms,
                                                himds_error **error);

/**
 * The handle that ends calls with this request from another thread. NULL: none, the default.
 *
 * Ownership: cancel is copied: it may be freed at once, though then nobody can cancel any more.
 * Blocks: never. Threads: one at a time for a request.
 * Returns: HIMDS_OK; HIMDS_INVALID_ARGUMENT where request is NULL.
 */
HIMDS_API int32_t himds_request_set_cancel(himds_request *request,
                                           const himds_cancel *cancel,
                                           himds_error **error);

/**
 * Frees a request. NULL is fine.
 *
 * Ownership: request was owned by the caller and is gone. Blocks: never. Threads: any; no other call may use it.
 */
HIMDS_API void himds_request_free(himds_request *request);

/**
 * Makes a cancel handle. Give it to requests with himds_request_set_cancel().
 *
 * Ownership: cancel is owned, with himds_cancel_free(). Blocks: never. Threads: any.
 * Returns: HIMDS_OK; HIMDS_INVALID_ARGUMENT where cancel is NULL.
 */
HIMDS_API int32_t himds_cancel_new(himds_cancel **cancel, himds_error **error);

/**
 * Cancels: the calls that hold this handle return HIMDS_CANCELLED within 100 ms, later ones that would ask the
 * service at once. Cancelling again does nothing.
 *
 * Ownership: cancel is used for the call only. Blocks: never. Threads: any, also during the calls to be ended.
 * Returns: HIMDS_OK; HIMDS_INVALID_ARGUMENT where cancel is NULL.
 */
HIMDS_API int32_t himds_cancel_cancel(const himds_cancel *cancel,
                                      himds_error **error);

/**
 * 1 where the handle was cancelled, else 0; 0 for NULL.
 *
 * Blocks: never. Threads: any.
 */
HIMDS_API int32_t himds_cancel_is_cancelled(const himds_cancel *cancel);

/**
 * Frees a cancel handle; requests that it was given to keep what they need of it. NULL is fine.
 *
 * Ownership: cancel was owned by the caller and is gone. Blocks: never. Threads: any; no other call may use it.
 */
HIMDS_API void himds_cancel_free(himds_cancel *cancel);

/**
 * The token itself, visible ASCII, for a header `Authorization: Bearer ...`. Do not log it.
 *
 * Ownership: borrowed from token. length: may be NULL. Blocks: never. Threads: any. Given NULL: "" and 0.
 */
HIMDS_API const char *himds_token_secret(const himds_token *token,
                                         size_t *length);

/**
 * The resource that was asked for, without a trailing "/.default".
 *
 * Ownership: borrowed from token. length: may be NULL. Blocks: never. Threads: any. Given NULL: "" and 0.
 */
HIMDS_API const char *himds_token_resource(const himds_token *token,
                                           size_t *length);

/**
 * The token's type, "Bearer".
 *
 * Ownership: borrowed from token. length: may be NULL. Blocks: never. Threads: any. Given NULL: "" and 0.
 */
HIMDS_API const char *himds_token_type(const himds_token *token,
                                       size_t *length);

/**
 * When the token expires, in milliseconds since 1970-01-01 00:00 UTC; 0 for NULL.
 *
 * Blocks: never. Threads: any.
 */
HIMDS_API uint64_t himds_token_expires_on_ms(const himds_token *token);

/**
 * From when on the client asks for a newer one ahead of need, in milliseconds since 1970-01-01 00:00 UTC; 0 for a
 * token that is short-lived and for which the service named no time, or for NULL.
 *
 * Blocks: never. Threads: any.
 */
HIMDS_API uint64_t himds_token_refresh_on_ms(const himds_token *token);

/**
 * How many tries it took to get the token from the service, a handshake of two requests being one; 0 for NULL. For a
 * token from the cache it is what it took then.
 *
 * Blocks: never. Threads: any.
 */
HIMDS_API uint32_t himds_token_attempts(const himds_token *token);

/**
 * The token's claims, a JSON object, NOT verified: for people to read, never for decisions.
 *
 * Ownership: claims is owned, with himds_text_free(). Blocks: never. Threads: any.
 * Returns: HIMDS_OK; HIMDS_INVALID_ARGUMENT where token or claims is NULL; HIMDS_RESPONSE_INVALID where the token is
 * no JWT.
 */
HIMDS_API int32_t himds_token_claims(const himds_token *token,
                                     himds_text **claims,
                                     himds_error **error);

/**
 * The claims of any JWT, a JSON object, NOT verified: for people to read, never for decisions.
 *
 * Ownership: token is used for the call only; claims is owned, with himds_text_free(). Blocks: never. Threads: any.
 * Returns: HIMDS_OK; HIMDS_INVALID_ARGUMENT where token or claims is NULL or token not UTF-8; HIMDS_RESPONSE_INVALID
 * where the token is no JWT.
 */
HIMDS_API int32_t himds_claims_decode(const char *token,
                                      himds_text **claims,
                                      himds_error **error);

/**
 * Frees a token's handle. NULL is fine.
 *
 * Ownership: token was owned by the caller and is gone. Blocks: never. Threads: any; no other call may use it.
 */
HIMDS_API void himds_token_free(himds_token *token);

/**
 * The whole document, {"compute":{...},"network":{...}}, as the service sent it.
 *
 * Ownership: borrowed from metadata. length: may be NULL. Blocks: never. Threads: any. Given NULL: "" and 0.
 */
HIMDS_API const char *himds_metadata_json(const himds_metadata *metadata,
                                          size_t *length);

/**
 * The value at a JSON pointer (RFC 6901), such as "/compute/subscriptionId" or "/compute/tagsList/0/value": a string's
 * own text, everything else as JSON. "" is the whole document. On Arc-enabled servers most of a virtual machine's
 * members are there and empty.
 *
 * Ownership: pointer is used for the call only; value is owned, with himds_text_free(). Blocks: never. Threads: any.
 * Returns: HIMDS_OK; HIMDS_INVALID_ARGUMENT where metadata, pointer or value is NULL, or pointer is not UTF-8 or no JSON
 * pointer; HIMDS_NOT_FOUND where it leads nowhere.
 */
HIMDS_API int32_t himds_metadata_get(const himds_metadata *metadata,
                                     const char *pointer,
                                     himds_text **value,
                                     himds_error **error);

/**
 * As himds_metadata_get(), but always JSON: a string comes with its quotes, so that "null" and null differ.
 *
 * Ownership: pointer is used for the call only; value is owned, with himds_text_free(). Blocks: never. Threads: any.
 * Returns: as himds_metadata_get().
 */
HIMDS_API int32_t himds_metadata_get_json(const himds_metadata *metadata,
                                          const char *pointer,
                                          himds_text **value,
                                          himds_error **error);

/**
 * Frees metadata. NULL is fine.
 *
 * Ownership: metadata was owned by the caller and is gone. Blocks: never. Threads: any; no other call may use it.
 */
HIMDS_API void himds_metadata_free(himds_metadata *metadata);

/**
 * The text, NUL-terminated. It may be JSON or a server's answer and may then hold a NUL of its own: `length` tells.
 *
 * Ownership: borrowed from text. length: written with the number of bytes without the NUL; may be NULL.
 * Blocks: never. Threads: any. Given NULL: "" and 0.
 */
HIMDS_API const char *himds_text_data(const himds_text *text,
                                      size_t *length);

/**
 * Frees a text. NULL is fine.
 *
 * Ownership: text was owned by the caller and is gone. Blocks: never. Threads: any; no other call may use it.
 */
HIMDS_API void himds_text_free(himds_text *text);

/**
 * The status that the failed call returned; HIMDS_OK for NULL.
 *
 * Blocks: never. Threads: any.
 */
HIMDS_API int32_t himds_error_status(const himds_error *error);

/**
 * The status's name, as himds_status_name() has it.
 *
 * Ownership: borrowed from error. length: may be NULL. Blocks: never. Threads: any. Given NULL: "" and 0.
 */
HIMDS_API const char *himds_error_kind(const himds_error *error,
                                       size_t *length);

/**
 * What happened: one sentence, without a line break at its end.
 *
 * Ownership: borrowed from error. length: may be NULL. Blocks: never. Threads: any. Given NULL: "" and 0.
 */
HIMDS_API const char *himds_error_message(const himds_error *error,
                                          size_t *length);

/**
 * What to do about it; "" where nothing is known. Show it to the administrator: it is written for that.
 *
 * Ownership: borrowed from error. length: may be NULL. Blocks: never. Threads: any. Given NULL: "" and 0.
 */
HIMDS_API const char *himds_error_hint(const himds_error *error,
                                       size_t *length);

/**
 * The `error` (or `code`) of the service's answer; "" where there is none.
 *
 * Ownership: borrowed from error. length: may be NULL. Blocks: never. Threads: any. Given NULL: "" and 0.
 */
HIMDS_API const char *himds_error_server_error(const himds_error *error,
                                               size_t *length);

/**
 * The `error_description` (or `message`) of the service's answer; "" where there is none.
 *
 * Ownership: borrowed from error. length: may be NULL. Blocks: never. Threads: any. Given NULL: "" and 0.
 */
HIMDS_API const char *himds_error_server_error_description(const himds_error *error,
                                                           size_t *length);

/**
 * The service's correlation id, to quote in a support request; "" where there is none.
 *
 * Ownership: borrowed from error. length: may be NULL. Blocks: never. Threads: any. Given NULL: "" and 0.
 */
HIMDS_API const char *himds_error_correlation_id(const himds_error *error,
                                                 size_t *length);

/**
 * The body of the service's last answer, invalid UTF-8 replaced and secrets redacted; "" where there is none. It may
 * hold a NUL of its own: `length` tells.
 *
 * Ownership: borrowed from error. length: may be NULL. Blocks: never. Threads: any. Given NULL: "" and 0.
 */
HIMDS_API const char *himds_error_body(const himds_error *error,
                                       size_t *length);

/**
 * The file that the error is about: the key file or its directory; "" where there is none.
 *
 * Ownership: borrowed from error. length: may be NULL. Blocks: never. Threads: any. Given NULL: "" and 0.
 */
HIMDS_API const char *himds_error_file(const himds_error *error,
                                       size_t *length);

/**
 * The HTTP status of the service's last answer; 0 where there was none, or for NULL.
 *
 * Blocks: never. Threads: any.
 */
HIMDS_API int32_t himds_error_http_status(const himds_error *error);

/**
 * How many tries were made, a handshake of two requests being one; 0 where no request was sent, or for NULL.
 *
 * Blocks: never. Threads: any.
 */
HIMDS_API uint32_t himds_error_attempts(const himds_error *error);

/**
 * The milliseconds that the call took; 0 for NULL.
 *
 * Blocks: never. Threads: any.
 */
HIMDS_API uint64_t himds_error_elapsed_ms(const himds_error *error);

/**
 * The milliseconds that the service asked to wait before the next try; -1 where it did not say, or for NULL.
 *
 * Blocks: never. Threads: any.
 */
HIMDS_API int64_t himds_error_retry_after_ms(const himds_error *error);

/**
 * The operating system's error number (`errno`, or GetLastError() on Windows) that was the cause, such as EACCES for
 * a key file that this process may not read, or ECONNREFUSED where nobody listens; 0 where there is none, or for NULL.
 *
 * Blocks: never. Threads: any.
 */
HIMDS_API int32_t himds_error_os_error(const himds_error *error);

/**
 * Frees an error. NULL is fine.
 *
 * Ownership: error was owned by the caller and is gone. Blocks: never. Threads: any; no other call may use it.
 */
HIMDS_API void himds_error_free(himds_error *error);

#ifdef __cplusplus
}  // extern "C"
#endif  /* __cplusplus */

#endif  /* HIMDS_H */
