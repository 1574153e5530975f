#define _GNU_SOURCE
#include "harness.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static atomic_int failures;

bool check(bool condition, const char *text, const char *file, int line) {
    if (!condition) {
        atomic_fetch_add(&failures, 1);
        printf("%s:%d: not true: %s\n", file, line, text);
    }
    return condition;
}

bool check_status(int32_t actual, int32_t expected, const char *text, const char *file, int line) {
    if (actual == expected) return true;
    atomic_fetch_add(&failures, 1);
    printf("%s:%d: status %d (%s) instead of %d (%s): %s\n", file, line, actual, himds_status_name(actual), expected,
           himds_status_name(expected), text);
    return false;
}

bool check_text(const char *actual, const char *expected, const char *text, const char *file, int line) {
    if (actual != NULL && strcmp(actual, expected) == 0) return true;
    atomic_fetch_add(&failures, 1);
    printf("%s:%d: \"%s\" instead of \"%s\": %s\n", file, line, actual == NULL ? "(NULL)" : actual, expected, text);
    return false;
}

bool check_error(himds_error **error, int32_t expected, const char *file, int line) {
    bool good = check(*error != NULL, "an error object was left", file, line);
    good = check_status(himds_error_status(*error), expected, "himds_error_status", file, line) && good;
    good = check_text(himds_error_kind(*error, NULL), himds_status_name(expected), "himds_error_kind", file, line) && good;
    good = check(*himds_error_message(*error, NULL) != '\0', "the error has a message", file, line) && good;
    himds_error_free(*error);
    *error = NULL;
    return good;
}

void run(const char *name, void (*test)(void)) {
    int before = atomic_load(&failures);
    test();
    printf("%s %s\n", atomic_load(&failures) == before ? "ok" : "FAILED", name);
    fflush(stdout);
}

int finish(void) { return atomic_load(&failures) == 0 ? 0 : 1; }

static const char *environment(const char *name) {
    const char *value = getenv(name);
    if (value == NULL) {
        fprintf(stderr, "%s is not set: run this by `himds-emulator -- PROGRAM`\n", name);
        exit(2);
    }
    return value;
}

const char *token_dir(void) { return environment("HIMDS_EMULATOR_TOKEN_DIR"); }

const char *endpoint_of(const char *source) {
    return strcmp(source, "himds") == 0 ? environment("IMDS_ENDPOINT") : environment("HIMDS_EMULATOR_IMDS");
}

himds_options *options_for(const char *source) {
    himds_options *options = NULL;
    CHECK_STATUS(himds_options_new(&options, NULL), HIMDS_OK);
    CHECK_STATUS(himds_options_set_source(options, source, NULL), HIMDS_OK);
    CHECK_STATUS(himds_options_set_endpoint(options, endpoint_of(source), NULL), HIMDS_OK);
    CHECK_STATUS(himds_options_set_token_dir(options, token_dir(), NULL), HIMDS_OK);
    return options;
}

himds_client *client_for(const char *source) {
    himds_options *options = options_for(source);
    himds_client *client = NULL;
    himds_error *error = NULL;
    if (!CHECK_STATUS(himds_client_new(options, &client, &error), HIMDS_OK)) puts(himds_error_message(error, NULL));
    himds_error_free(error);
    himds_options_free(options);
    return client;
}

/* One HTTP request over a socket of its own; returns the answer's body, to be freed. */
static char *admin(const char *method, const char *path, const char *body) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    address.sin_port = htons((uint16_t)atoi(strrchr(endpoint_of("himds"), ':') + 1));
    int connection = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    char head[512];
    int length = snprintf(head, sizeof head,
                          "%s %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\n"
                          "Content-Length: %zu\r\n\r\n",
                          method, path, strlen(body));
    if (connection < 0 || connect(connection, (struct sockaddr *)&address, sizeof address) != 0 ||
        send(connection, head, (size_t)length, MSG_NOSIGNAL) < 0 ||
        send(connection, body, strlen(body), MSG_NOSIGNAL) < 0) {
        perror("the emulator's admin path");
        exit(2);
    }
    size_t used = 0, size = 1 << 16;
    char *answer = malloc(size);
    for (ssize_t got; answer != NULL && (got = read(connection, answer + used, size - used - 1)) > 0;) {
        used += (size_t)got;
        if (size - used < 2) answer = realloc(answer, size *= 2);
    }
    close(connection);
    if (answer == NULL) abort();
    answer[used] = '\0';
    if (strncmp(answer, "HTTP/1.1 2", 10) != 0) {
        fprintf(stderr, "%s %s: %s\n", method, path, answer);
        exit(2);
    }
    char *start = strstr(answer, "\r\n\r\n");
    memmove(answer, start + 4, strlen(start + 4) + 1);
    return answer;
}

void fault(const char *json) { free(admin("POST", "/emulator/faults", json)); }
void clear_faults(void) { free(admin("DELETE", "/emulator/faults", "")); }
void forget_tokens(void) { free(admin("POST", "/emulator/clear-cache", "")); }

int requests_seen(void) {
    char *status = admin("GET", "/emulator", "");
    const char *count = strstr(status, "\"requests\":");
    int seen = count == NULL ? -1 : atoi(count + strlen("\"requests\":"));
    free(status);
    return seen;
}

int64_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}
