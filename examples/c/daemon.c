/*
 * A long-running daemon: an event loop that never blocks, and a worker thread that gets the tokens.
 *
 *     cc daemon.c $(pkg-config --cflags --libs himds) -pthread -o himds-daemon && ./himds-daemon /etc/himds-daemon.conf
 *
 * - The loop peeks at the cached token on each tick and does its work with it; where there is none, or a newer one is
 *   due, it wakes the worker and goes on.
 * - SIGHUP reads the configuration again and makes a new client; one that cannot be used leaves the old one. SIGTERM and
 *   SIGINT stop cleanly: the worker's call is cancelled, waited for, and everything is freed.
 * - Signals are only ever seen by the loop (signalfd), so nothing runs in a signal handler.
 *
 * himds-daemon.service beside this file is a hardened unit for it.
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
#include <sys/eventfd.h>
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
    /* The worker: woken and told to stop by one eventfd, its call ended by the cancel handle. */
    pthread_t worker;
    bool running;
    himds_cancel *cancel;
    himds_request *request;
    int wake; /* eventfd: 1 asks for a token, STOP ends the thread */
};

#define STOP 1000000u

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

/* Gets a token whenever it is woken: the client keeps it in its cache, where the loop finds it. */
static void *work(void *argument) {
    struct daemon *daemon = argument;
    for (uint64_t asked; read(daemon->wake, &asked, sizeof asked) == sizeof asked && asked < STOP;) {
        himds_token *token = NULL;
        himds_error *error = NULL;
        int32_t status = himds_client_get_token_with(daemon->client, daemon->config.resource, daemon->request, &token, &error);
        if (status != HIMDS_OK && status != HIMDS_CANCELLED) report("no token", error);
        else himds_error_free(error);
        himds_token_free(token);
    }
    return NULL;
}

static void wake(const struct daemon *daemon, uint64_t what) {
    if (write(daemon->wake, &what, sizeof what) != sizeof what) perror("eventfd");
}

/* Ends the worker's call and waits for the thread; only then may the client be freed. */
static void stop(struct daemon *daemon) {
    if (daemon->running) {
        himds_cancel_cancel(daemon->cancel, NULL);
        wake(daemon, STOP);
        pthread_join(daemon->worker, NULL);
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
    if (daemon->wake >= 0) close(daemon->wake);
    daemon->wake = -1;
}

static int start(struct daemon *daemon) {
    himds_error *error = NULL;
    if (read_config(daemon->config_file, &daemon->config) != 0) return -1;
    if (himds_client_new(daemon->config.options, &daemon->client, &error) != HIMDS_OK ||
        himds_cancel_new(&daemon->cancel, &error) != HIMDS_OK || himds_request_new(&daemon->request, &error) != HIMDS_OK ||
        himds_request_set_cancel(daemon->request, daemon->cancel, &error) != HIMDS_OK)
        return report("cannot start", error);
    daemon->wake = eventfd(0, EFD_CLOEXEC);
    daemon->running = daemon->wake >= 0 && pthread_create(&daemon->worker, NULL, work, daemon) == 0;
    if (!daemon->running) return perror("cannot start a worker"), -1;
    printf("started: %s, because %s\n", himds_client_source(daemon->client, NULL),
           himds_client_source_reason(daemon->client, NULL));
    wake(daemon, 1);
    return 0;
}

/* The work of the daemon, on the event loop: it must not block, so it takes the token that is there. */
static void tick(const struct daemon *daemon) {
    himds_token *token = NULL;
    if (himds_client_peek_token(daemon->client, daemon->config.resource, &token, NULL) == HIMDS_OK && token != NULL) {
        uint64_t now = (uint64_t)time(NULL) * 1000, refresh_on = himds_token_refresh_on_ms(token);
        printf("working with a token for %s, good for %llu s\n", himds_token_resource(token, NULL),
               (unsigned long long)(himds_token_expires_on_ms(token) / 1000 - now / 1000));
        if (refresh_on != 0 && refresh_on <= now) wake(daemon, 1); /* the client decides whether it asks */
    } else {
        wake(daemon, 1);
    }
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
    *daemon = (struct daemon){.config_file = argv[1], .wake = -1};
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
            *next = (struct daemon){.config_file = argv[1], .wake = -1};
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
