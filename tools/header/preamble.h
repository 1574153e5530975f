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
