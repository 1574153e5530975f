/*
 * What the C tests share: checks, an emulator to talk to, clients for it.
 *
 * A test program is run by `himds-emulator -- PROGRAM`, which sets IDENTITY_ENDPOINT, IMDS_ENDPOINT and
 * HIMDS_EMULATOR_TOKEN_DIR for it.
 */
#ifndef HARNESS_H
#define HARNESS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "himds.h"

#define VAULT "https://vault.azure.net"
#define STORAGE "https://storage.azure.com"
#define ARM "https://management.azure.com"

/* What an output holds before a call that must write it. Never dereferenced. */
#define GARBAGE(type) ((type *)(uintptr_t)0x5a5a5a50u)

/* Goes on after a failure, so that one run shows all. */
#define CHECK(condition) check((condition) ? true : false, #condition, __FILE__, __LINE__)
#define CHECK_STATUS(call, expected) check_status((call), (expected), #call, __FILE__, __LINE__)
#define CHECK_TEXT(actual, expected) check_text((actual), (expected), #actual, __FILE__, __LINE__)
/* A failure that has an error object, which it frees and sets to NULL. */
#define CHECK_ERROR(call, expected, error) \
    (check_status((call), (expected), #call, __FILE__, __LINE__), check_error(&(error), (expected), __FILE__, __LINE__))

bool check(bool condition, const char *text, const char *file, int line);
bool check_status(int32_t actual, int32_t expected, const char *text, const char *file, int line);
bool check_text(const char *actual, const char *expected, const char *text, const char *file, int line);
bool check_error(himds_error **error, int32_t expected, const char *file, int line);

/* Runs a test and prints its name and outcome. */
#define RUN(test) run(#test, test)
void run(const char *name, void (*test)(void));
/* The exit status of the program: how many checks failed, 1 at most. */
int finish(void);

/* Options and a client for the emulator's service of that name, with the token directory it has. */
himds_options *options_for(const char *source);
himds_client *client_for(const char *source);
/* "http://127.0.0.1:PORT" of the service. */
const char *endpoint_of(const char *source);
const char *token_dir(void);

/* The emulator's admin path: adds a fault (JSON), removes all, forgets its tokens. */
void fault(const char *json);
void clear_faults(void);
void forget_tokens(void);
/* How many requests it has seen that were not for the admin path. */
int requests_seen(void);

int64_t now_ms(void);

#endif
