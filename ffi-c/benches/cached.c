/*
 * The cached path: nanoseconds for a call, the best of several rounds, at 1, 2 and 8 threads.
 *
 *     himds-emulator -- ./cached
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <himds.h>

#define RESOURCE "https://vault.azure.net"
#define CALLS 300000
#define ROUNDS 9

static himds_client *client;
static pthread_barrier_t barrier;

static double now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static void copy(void) {
    char buffer[8192];
    if (himds_client_copy_token(client, RESOURCE, buffer, sizeof buffer, NULL, NULL, NULL) != HIMDS_OK) abort();
}

static void handle(void) {
    himds_token *token;
    if (himds_client_get_token(client, RESOURCE, &token, NULL) != HIMDS_OK || *himds_token_secret(token, NULL) != 'e') abort();
    himds_token_free(token);
}

static void peek(void) {
    himds_token *token;
    if (himds_client_peek_token(client, RESOURCE, &token, NULL) != HIMDS_OK || *himds_token_secret(token, NULL) != 'e') abort();
    himds_token_free(token);
}

static void peek_nothing(void) {
    himds_token *token;
    if (himds_client_peek_token(client, "https://nothing.example", &token, NULL) != HIMDS_OK || token != NULL) abort();
}

static void *loop(void *call) {
    void (*const *function)(void) = call;
    double *best = malloc(sizeof *best);
    if (best == NULL) abort();
    *best = 1e18;
    for (int round = 0; round < ROUNDS; round++) {
        pthread_barrier_wait(&barrier);
        double start = now_ns();
        for (int i = 0; i < CALLS; i++) (*function)();
        double each = (now_ns() - start) / CALLS;
        if (each < *best) *best = each;
    }
    return best;
}

static double measure(void (*call)(void), unsigned threads) {
    pthread_t ids[8];
    double worst = 0;
    pthread_barrier_init(&barrier, NULL, threads);
    for (unsigned i = 0; i < threads; i++) pthread_create(&ids[i], NULL, loop, &call);
    for (unsigned i = 0; i < threads; i++) {
        void *best;
        pthread_join(ids[i], &best);
        if (*(double *)best > worst) worst = *(double *)best;
        free(best);
    }
    pthread_barrier_destroy(&barrier);
    return worst;
}

int main(void) {
    static const struct {
        const char *name;
        void (*call)(void);
    } calls[] = {{"copy to a buffer", copy}, {"owned handle", handle}, {"peek", peek}, {"peek, nothing there", peek_nothing}};
    static const unsigned threads[] = {1, 2, 8};
    himds_options *options;
    himds_token *token;
    size_t length;
    if (himds_options_new(&options, NULL) != HIMDS_OK ||
        himds_options_set_token_dir(options, getenv("HIMDS_EMULATOR_TOKEN_DIR"), NULL) != HIMDS_OK ||
        himds_client_new(options, &client, NULL) != HIMDS_OK ||
        himds_client_get_token(client, RESOURCE, &token, NULL) != HIMDS_OK)
        return 1;
    himds_token_secret(token, &length);
    printf("a token of %zu bytes; ns for a call, best of %d rounds of %d\n", length, ROUNDS, CALLS);
    printf("%-22s %10s %10s %10s\n", "", "1 thread", "2 threads", "8 threads");
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        printf("%-22s", calls[i].name);
        for (int t = 0; t < 3; t++) printf(" %10.0f", measure(calls[i].call, threads[t]));
        putchar('\n');
    }
    himds_token_free(token);
    himds_client_free(client);
    himds_options_free(options);
    return 0;
}
