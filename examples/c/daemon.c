/*
 * A long-running daemon: an event loop that never blocks, and a worker thread that gets the tokens.
 *
 *     cc daemon.c $(pkg-config --cflags --libs himds) -pthread -o himds-daemon && ./himds-daemon /etc/himds-daemon.conf
 *
 * - On each tick the loop takes the cached token, if it is fresh. If there is none or a newer one is due, it wakes the
 *   worker and works on with the old one. So the client alone decides when a token is due, and no call delays the loop.
 * - The worker calls, and pauses after a failure: as long as the service says, or twice as long each time.
 * - SIGHUP reads the configuration again and creates a new client; if that fails, the old one stays. SIGTERM and SIGINT
 *   stop cleanly: they cancel the worker's call, wait for the worker, and free everything.
 * - Only the loop sees signals (signalfd), so nothing runs in a signal handler.
 *
 * himds-daemon.service in this directory is a hardened unit for it.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include <himds.h>

struct config {
    char resource[512];
    unsigned interval_ms;
    himds_options *options;
};

struct daemon {
    const char *config_file;
    struct config config;
    himds_client *client;
    /* The worker, which `changed` wakes when a token is wanted or the thread is to stop; `cancel` ends its call. */
    pthread_t worker;
    bool running;
    himds_cancel *cancel;
    himds_request *request;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool wanted, stopping; /* under the lock */
};

/* The worker's pause after its first failure, and the longest one. */
enum { FIRST_PAUSE_MS = 1000, LONGEST_PAUSE_MS = 60000 };

static int report(const char *what, himds_error *error) {
    fprintf(stderr, "%s: %s %s\n", what, himds_error_message(error, NULL), himds_error_hint(error, NULL));
    himds_error_free(error);
    return -1;
}

/* Lines of `name value`: resource, interval_ms, and the client's options source, endpoint, token_dir, client_id. */
static int read_config(const char *path, struct config *config) {
    FILE *file = fopen(path, "re");
    himds_error *error = NULL;
    char line[1024], name[64], value[512];
    *config = (struct config){.resource = "https://management.azure.com", .interval_ms = 1000};
    if (file == NULL) return fprintf(stderr, "%s: %s\n", path, strerror(errno)), -1;
    int32_t status = himds_options_new(&config->options, &error);
    while (status == HIMDS_OK && fgets(line, sizeof line, file) != NULL) {
        if (*line == '#' || sscanf(line, "%63s %511s", name, value) != 2) continue;
        if (strcmp(name, "resource") == 0) strcpy(config->resource, value);
        else if (strcmp(name, "interval_ms") == 0) config->interval_ms = (unsigned)strtoul(value, NULL, 10);
        else if (strcmp(name, "source") == 0) status = himds_options_set_source(config->options, value, &error);
        else if (strcmp(name, "endpoint") == 0) status = himds_options_set_endpoint(config->options, value, &error);
        else if (strcmp(name, "token_dir") == 0) status = himds_options_set_token_dir(config->options, value, &error);
        else if (strcmp(name, "client_id") == 0) status = himds_options_set_client_id(config->options, value, &error);
        else fprintf(stderr, "%s: unknown name %s\n", path, name);
    }
    fclose(file);
    if (config->interval_ms == 0) config->interval_ms = 1000;
    return status == HIMDS_OK ? 0 : report(path, error);
}

/* One call, whose token the loop finds in the client's cache. Returns the milliseconds to pause: 0 after a success. */
static int64_t fetch(const struct daemon *daemon, int64_t previous_pause) {
    himds_token *token = NULL;
    himds_error *error = NULL;
    int64_t pause = 0;
    if (himds_client_get_token_with(daemon->client, daemon->config.resource, daemon->request, &token, &error) !=
        HIMDS_OK) {
        pause = himds_error_retry_after_ms(error);
        if (pause < 0) pause = previous_pause == 0 ? FIRST_PAUSE_MS : 2 * previous_pause;
        if (pause > LONGEST_PAUSE_MS) pause = LONGEST_PAUSE_MS;
        if (himds_error_status(error) != HIMDS_CANCELLED) {
            fprintf(stderr, "trying again in %lld ms; ", (long long)pause);
            report("no token", error);
            error = NULL;
        }
    }
    himds_error_free(error);
    himds_token_free(token);
    return pause;
}

/* Gets a token when the loop wants one, but not while it pauses: only stopping ends a pause. */
static void *work(void *argument) {
    struct daemon *daemon = argument;
    int64_t pause = 0;
    pthread_mutex_lock(&daemon->lock);
    for (;;) {
        while (!daemon->stopping && !daemon->wanted) pthread_cond_wait(&daemon->changed, &daemon->lock);
        if (daemon->stopping) break;
        daemon->wanted = false;
        pthread_mutex_unlock(&daemon->lock);
        pause = fetch(daemon, pause);
        struct timespec until;
        clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_sec += pause / 1000 + (until.tv_nsec + pause % 1000 * 1000000) / 1000000000;
        until.tv_nsec = (until.tv_nsec + pause % 1000 * 1000000) % 1000000000;
        pthread_mutex_lock(&daemon->lock);
        while (pause > 0 && !daemon->stopping && pthread_cond_timedwait(&daemon->changed, &daemon->lock, &until) == 0) {}
    }
    pthread_mutex_unlock(&daemon->lock);
    return NULL;
}

static void wake(struct daemon *daemon, bool stopping) {
    pthread_mutex_lock(&daemon->lock);
    daemon->wanted = true;
    daemon->stopping = daemon->stopping || stopping;
    pthread_cond_signal(&daemon->changed);
    pthread_mutex_unlock(&daemon->lock);
}

/* Ends the worker's call and waits for the thread; only then may the client be freed. */
static void stop(struct daemon *daemon) {
    if (daemon->running) {
        himds_cancel_cancel(daemon->cancel, NULL);
        wake(daemon, true);
        pthread_join(daemon->worker, NULL);
        pthread_cond_destroy(&daemon->changed);
        pthread_mutex_destroy(&daemon->lock);
        daemon->running = false;
    }
    himds_request_free(daemon->request);
    himds_cancel_free(daemon->cancel);
    himds_client_free(daemon->client);
    himds_options_free(daemon->config.options);
    daemon->request = NULL;
    daemon->cancel = NULL;
    daemon->client = NULL;
    daemon->config.options = NULL;
}

static int start(struct daemon *daemon) {
    himds_error *error = NULL;
    if (read_config(daemon->config_file, &daemon->config) != 0) return -1;
    if (himds_client_new(daemon->config.options, &daemon->client, &error) != HIMDS_OK ||
        himds_cancel_new(&daemon->cancel, &error) != HIMDS_OK ||
        himds_request_new(&daemon->request, &error) != HIMDS_OK ||
        himds_request_set_cancel(daemon->request, daemon->cancel, &error) != HIMDS_OK)
        return report("cannot start", error);
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&daemon->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    pthread_mutex_init(&daemon->lock, NULL);
    int failed = pthread_create(&daemon->worker, NULL, work, daemon);
    daemon->running = failed == 0;
    if (failed) return fprintf(stderr, "cannot start a worker: %s\n", strerror(failed)), -1;
    printf("started: %s, because %s\n", himds_client_source(daemon->client, NULL),
           himds_client_source_reason(daemon->client, NULL));
    wake(daemon, false);
    return 0;
}

/* The work of the daemon, on the event loop: it must not block, so it takes the token that is there. */
static void tick(struct daemon *daemon) {
    himds_token *token = NULL;
    himds_client_peek_fresh_token(daemon->client, daemon->config.resource, &token, NULL);
    if (token == NULL) {
        wake(daemon, false);
        /* The old one is good until the new one comes. If there is none, the work waits for a later tick. */
        himds_client_peek_token(daemon->client, daemon->config.resource, &token, NULL);
    }
    if (token != NULL)
        printf("working with a token for %s, good for %llu s\n", himds_token_resource(token, NULL),
               (unsigned long long)(himds_token_expires_on_ms(token) / 1000) - (unsigned long long)time(NULL));
    himds_token_free(token);
}

static void set_timer(int timer, unsigned interval_ms) {
    struct timespec every = {.tv_sec = interval_ms / 1000, .tv_nsec = (long)(interval_ms % 1000) * 1000000};
    timerfd_settime(timer, 0, &(struct itimerspec){.it_interval = every, .it_value = every}, NULL);
}

int main(int argc, char **argv) {
    if (argc != 2) return fprintf(stderr, "usage: %s CONFIGURATION\n", argv[0]), 2;
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGHUP);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals, NULL); /* before the worker exists, so that it inherits the mask */
    setvbuf(stdout, NULL, _IOLBF, 0);

    struct daemon places[2], *daemon = &places[0], *next = &places[1];
    *daemon = (struct daemon){.config_file = argv[1]};
    struct pollfd loop[] = {{.fd = signalfd(-1, &signals, SFD_CLOEXEC), .events = POLLIN},
                            {.fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC), .events = POLLIN}};
    int status = start(daemon) == 0 ? 0 : 1;
    set_timer(loop[1].fd, daemon->config.interval_ms);
    while (status == 0 && poll(loop, 2, -1) >= 0) {
        struct signalfd_siginfo signal;
        uint64_t ticks;
        if (loop[0].revents != 0 && read(loop[0].fd, &signal, sizeof signal) == sizeof signal) {
            if (signal.ssi_signo != SIGHUP) break;
            puts("reading the configuration again");
            *next = (struct daemon){.config_file = argv[1]};
            bool usable = start(next) == 0;
            if (!usable) puts("going on with the old one");
            stop(usable ? daemon : next);
            if (usable) {
                struct daemon *old = daemon;
                daemon = next;
                next = old;
                set_timer(loop[1].fd, daemon->config.interval_ms);
            }
        } else if (loop[1].revents != 0 && read(loop[1].fd, &ticks, sizeof ticks) == sizeof ticks) {
            tick(daemon);
        }
    }
    stop(daemon);
    close(loop[0].fd);
    close(loop[1].fd);
    puts("stopped");
    return status;
}
