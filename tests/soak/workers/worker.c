/* A worker of the soak in C: see tests/soak/README.md for what each worker does. */
#define _GNU_SOURCE
#include <himds.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { DEADLINE_MS = 3000, SLACK_MS = 2000, LIFE_MS = (308 - 30) * 1000, FRESH_MS = 5000, RESOURCES = 10, MOST_THREADS = 64 };
enum { ERRORS = 1000 };

struct counts {
    long calls, tokens, late, wrong_token, withheld, refused, internal, slowest_ms;
    long errors[ERRORS];
};

struct seen {
    char *secret;
    long long since_ms;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct counts total;
static struct seen seen[RESOURCES];
static himds_client *shared;
static long long end_ms;

static long long now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

static himds_client *make_client(void) {
    himds_options *options = NULL;
    himds_client *client = NULL;
    if (himds_options_new(&options, NULL) != HIMDS_OK || himds_options_set_source(options, "himds", NULL) != HIMDS_OK ||
        himds_options_set_timeout_ms(options, DEADLINE_MS, NULL) != HIMDS_OK ||
        himds_client_new(options, &client, NULL) != HIMDS_OK) {
        fprintf(stderr, "no client\n");
        exit(1);
    }
    himds_options_free(options);
    return client;
}

/* Whether the service is in trouble: then a token that is still valid is returned. */
static int is_trouble(const himds_error *error) {
    int32_t status = himds_error_status(error);
    return status == HIMDS_UNAVAILABLE || status == HIMDS_TIMEOUT || status == HIMDS_TRANSPORT ||
           status == HIMDS_THROTTLED || himds_error_http_status(error) >= 500;
}

static void count_token(struct counts *counts, const himds_token *token, const char *resource, int index, int own) {
    const char *secret = himds_token_secret(token, NULL);
    if (strcmp(himds_token_resource(token, NULL), resource) != 0 || strncmp(secret, "eyJ", 3) != 0) {
        counts->wrong_token++;
        return;
    }
    counts->tokens++;
    pthread_mutex_lock(&lock);
    if (!own && (!seen[index].secret || strcmp(seen[index].secret, secret) != 0)) {
        free(seen[index].secret);
        seen[index].secret = strdup(secret);
        seen[index].since_ms = now_ms();
    }
    pthread_mutex_unlock(&lock);
}

static void count_error(struct counts *counts, const himds_error *error, int32_t status, long long age) {
    if (status > 0 && status < ERRORS) {
        counts->errors[status]++;
    }
    if (status <= 0 || status >= HIMDS_INTERNAL || status != himds_error_status(error)) {
        counts->internal++;
    }
    if (age < FRESH_MS || (age < LIFE_MS && is_trouble(error))) {
        counts->withheld++;
    } else if (age < LIFE_MS) {
        counts->refused++;
    }
}

static void *work(void *argument) {
    struct counts counts = {0};
    unsigned short state[3] = {(unsigned short)(size_t)argument, 7, 11};
    himds_request *forcing = NULL;
    himds_request_new(&forcing, NULL);
    himds_request_set_force_refresh(forcing, 1, NULL);
    while (now_ms() < end_ms) {
        int chance = (int)(nrand48(state) % 400), index = (int)(nrand48(state) % RESOURCES);
        int own = chance == 0, forced = chance > 0 && chance < 5;
        char resource[64];
        snprintf(resource, sizeof resource, "https://r%d.soak.example", index);
        himds_client *client = own ? make_client() : shared;
        himds_token *token = NULL;
        himds_error *error = NULL;
        pthread_mutex_lock(&lock);
        long long started = now_ms(), age = LIFE_MS;
        if (!own && !forced && seen[index].secret) {
            age = started - seen[index].since_ms;
        }
        pthread_mutex_unlock(&lock);
        int32_t status = himds_client_get_token_with(client, resource, forced ? forcing : NULL, &token, &error);
        long took = (long)(now_ms() - started);
        counts.calls++;
        counts.late += took > DEADLINE_MS + SLACK_MS;
        counts.slowest_ms = took > counts.slowest_ms ? took : counts.slowest_ms;
        if (status == HIMDS_OK) {
            count_token(&counts, token, resource, index, own);
        } else {
            count_error(&counts, error, status, age);
        }
        himds_token_free(token);
        himds_error_free(error);
        if (own) {
            himds_client_free(client);
        }
        /* A program does something with its token. This is load, not synchronisation. */
        nanosleep(&(struct timespec){.tv_nsec = 2000000 + nrand48(state) % 8000000}, NULL);
    }
    himds_request_free(forcing);
    pthread_mutex_lock(&lock);
    total.calls += counts.calls;
    total.tokens += counts.tokens;
    total.late += counts.late;
    total.wrong_token += counts.wrong_token;
    total.withheld += counts.withheld;
    total.refused += counts.refused;
    total.internal += counts.internal;
    total.slowest_ms = counts.slowest_ms > total.slowest_ms ? counts.slowest_ms : total.slowest_ms;
    for (int status = 0; status < ERRORS; status++) {
        total.errors[status] += counts.errors[status];
    }
    pthread_mutex_unlock(&lock);
    return NULL;
}

int main(int argc, char **argv) {
    if (argc < 4 || atoi(argv[1]) < 1 || atoi(argv[1]) > MOST_THREADS) {
        fprintf(stderr, "usage: worker THREADS SEED SECONDS...\n");
        return 2;
    }
    int count = atoi(argv[1]);
    shared = make_client();
    for (int phase = 3; phase < argc; phase++) {
        pthread_t threads[MOST_THREADS];
        char line[16];
        end_ms = now_ms() + atoi(argv[phase]) * 1000LL;
        for (int n = 0; n < count; n++) {
            pthread_create(&threads[n], NULL, work, (void *)(size_t)(atoi(argv[2]) * 1000 + phase * 100 + n));
        }
        for (int n = 0; n < count; n++) {
            pthread_join(threads[n], NULL);
        }
        puts("idle");
        fflush(stdout);
        if (!fgets(line, sizeof line, stdin)) {
            return 1;
        }
    }
    himds_client_free(shared);
    printf("calls %ld\ntokens %ld\nslowest_ms %ld\n", total.calls, total.tokens, total.slowest_ms);
    printf("violation_late %ld\nviolation_wrong_token %ld\n", total.late, total.wrong_token);
    printf("violation_withheld %ld\nviolation_internal %ld\n", total.withheld, total.internal);
    printf("refused_in_last_minutes %ld\n", total.refused);
    for (int status = 0; status < ERRORS; status++) {
        if (total.errors[status]) {
            printf("error_%d %ld\n", status, total.errors[status]);
        }
    }
    for (int index = 0; index < RESOURCES; index++) {
        free(seen[index].secret);
    }
    puts("end");
    return 0;
}
