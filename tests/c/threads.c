/* Many threads on one client. Run under ThreadSanitizer too. */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <unistd.h>

#include "harness.h"

#define THREADS 50

struct shared {
    himds_client *client;
    himds_request *request;
    pthread_barrier_t start;
    himds_token *tokens[THREADS];
};

struct argument {
    struct shared *shared;
    int number;
};

static void *ask(void *argument) {
    const struct argument *own = argument;
    pthread_barrier_wait(&own->shared->start);
    CHECK_STATUS(himds_client_get_token(own->shared->client, VAULT, &own->shared->tokens[own->number], NULL), HIMDS_OK);
    return NULL;
}

static void fifty_threads_make_one_handshake(void) {
    struct shared shared = {.client = client_for("himds")};
    struct argument arguments[THREADS];
    pthread_t threads[THREADS];
    int before = requests_seen();
    pthread_barrier_init(&shared.start, NULL, THREADS);
    for (int i = 0; i < THREADS; i++) {
        arguments[i] = (struct argument){&shared, i};
        CHECK(pthread_create(&threads[i], NULL, ask, &arguments[i]) == 0);
    }
    for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
    CHECK(requests_seen() == before + 2);
    for (int i = 0; i < THREADS; i++) {
        CHECK_TEXT(himds_token_secret(shared.tokens[i], NULL), himds_token_secret(shared.tokens[0], NULL));
        if (i > 0) himds_token_free(shared.tokens[i]);
    }
    himds_token_free(shared.tokens[0]);
    pthread_barrier_destroy(&shared.start);
    himds_client_free(shared.client);
}

static void *ask_and_be_cancelled(void *argument) {
    himds_token *token = NULL;
    himds_error *error = NULL;
    himds_request *request = NULL;
    himds_request_new(&request, NULL);
    himds_request_set_deadline_ms(request, 300, NULL);
    pthread_barrier_wait(argument);
    himds_client *client = client_for("himds");
    int32_t status = himds_client_get_token_with(client, VAULT, request, &token, &error);
    int before = -1;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before); /* the pending one must not come now: sanitizers cannot unwind */
    CHECK(before == PTHREAD_CANCEL_ENABLE);
    CHECK_ERROR(status, HIMDS_TIMEOUT, error);
    himds_client_free(client);
    himds_request_free(request);
    return argument;
}

static void pthread_cancel_waits_for_the_call(void) {
    fault("{\"on\":\"any\",\"count\":0,\"wire\":{\"action\":\"hang\",\"after\":\"nothing\"}}");
    pthread_barrier_t start;
    pthread_t thread;
    void *result = NULL;
    pthread_barrier_init(&start, NULL, 2);
    CHECK(pthread_create(&thread, NULL, ask_and_be_cancelled, &start) == 0);
    int before = requests_seen();
    pthread_barrier_wait(&start);
    while (requests_seen() == before) sched_yield(); /* it is inside the call */
    CHECK(pthread_cancel(thread) == 0);
    CHECK(pthread_join(thread, &result) == 0);
    CHECK(result == &start);
    pthread_barrier_destroy(&start);
    clear_faults();
}

static pthread_key_t at_the_end;

static void ask_at_the_end(void *client) {
    himds_token *token = NULL;
    himds_error *error = NULL;
    CHECK_STATUS(himds_client_peek_token(client, VAULT, &token, NULL), HIMDS_OK);
    CHECK(token != NULL);
    himds_token_free(token);
    if (CHECK_STATUS(himds_client_get_token(client, STORAGE, &token, &error), HIMDS_INVALID_ARGUMENT))
        CHECK(strstr(himds_error_message(error, NULL), "thread was ending") != NULL);
    himds_error_free(error);
}

static void *leave_it_for_the_end(void *client) {
    himds_token *token = NULL;
    pthread_setspecific(at_the_end, client);
    CHECK_STATUS(himds_client_get_token(client, VAULT, &token, NULL), HIMDS_OK);
    himds_token_free(token);
    return NULL;
}

static void a_thread_that_ends_is_told_so(void) {
    himds_client *client = client_for("himds");
    pthread_t thread;
    CHECK(pthread_key_create(&at_the_end, ask_at_the_end) == 0);
    CHECK(pthread_create(&thread, NULL, leave_it_for_the_end, client) == 0);
    pthread_join(thread, NULL);
    pthread_key_delete(at_the_end);
    himds_client_free(client);
}

static void *use_everything(void *argument) {
    const struct argument *own = argument;
    himds_client *client = own->shared->client;
    const char *const resources[] = {VAULT, STORAGE, ARM};
    char buffer[8192];
    for (int i = 0; i < 40; i++) {
        const char *resource = resources[(own->number + i) % 3];
        himds_token *token = NULL;
        himds_text *claims = NULL;
        himds_error *error = NULL;
        CHECK_STATUS(himds_client_get_token(client, resource, &token, NULL), HIMDS_OK);
        CHECK_TEXT(himds_token_resource(token, NULL), resource);
        CHECK_STATUS(himds_token_claims(token, &claims, NULL), HIMDS_OK);
        himds_text_free(claims);
        himds_token_free(token);
        CHECK_STATUS(himds_client_copy_token(client, resource, buffer, sizeof buffer, NULL, NULL, NULL), HIMDS_OK);
        CHECK_STATUS(himds_client_peek_token(client, resource, &token, NULL), HIMDS_OK);
        himds_token_free(token);
        CHECK_ERROR(himds_client_get_token(client, "", &token, &error), HIMDS_INVALID_ARGUMENT, error);
        if (own->number == 0 && i % 10 == 9) CHECK_STATUS(himds_client_clear_cache(client, NULL), HIMDS_OK);
        if (own->number == 1 && i % 10 == 9) {
            CHECK_STATUS(himds_client_get_token_with(client, resource, own->shared->request, &token, NULL), HIMDS_OK);
            himds_token_free(token);
        }
    }
    return NULL;
}

static void threads_share_everything(void) {
    enum { COUNT = 8 };
    struct shared shared = {.client = client_for("himds")};
    struct argument arguments[COUNT];
    pthread_t threads[COUNT];
    CHECK_STATUS(himds_request_new(&shared.request, NULL), HIMDS_OK);
    CHECK_STATUS(himds_request_set_force_refresh(shared.request, 1, NULL), HIMDS_OK);
    for (int i = 0; i < COUNT; i++) {
        arguments[i] = (struct argument){&shared, i};
        CHECK(pthread_create(&threads[i], NULL, use_everything, &arguments[i]) == 0);
    }
    for (int i = 0; i < COUNT; i++) pthread_join(threads[i], NULL);
    himds_request_free(shared.request);
    himds_client_free(shared.client);
}

struct blocked {
    himds_client *client;
    himds_request *request;
    const char *operation;
    int64_t ended_at;
};

static void *block(void *argument) {
    struct blocked *blocked = argument;
    himds_token *token = GARBAGE(himds_token);
    himds_metadata *metadata = GARBAGE(himds_metadata);
    himds_error *error = NULL;
    if (strcmp(blocked->operation, "token") == 0) {
        CHECK_ERROR(himds_client_get_token_with(blocked->client, VAULT, blocked->request, &token, &error), HIMDS_CANCELLED, error);
        CHECK(token == NULL);
    } else {
        CHECK_ERROR(himds_client_get_metadata_with(blocked->client, blocked->request, &metadata, &error), HIMDS_CANCELLED, error);
        CHECK(metadata == NULL);
    }
    blocked->ended_at = now_ms();
    return NULL;
}

/* The fault's request has reached the server once the count moves: then the call is surely blocked. */
static void cancel_ends(const char *operation, const char *fault_json) {
    struct blocked blocked = {.client = client_for("himds"), .operation = operation};
    himds_cancel *cancel = NULL;
    pthread_t thread;
    CHECK_STATUS(himds_request_new(&blocked.request, NULL), HIMDS_OK);
    CHECK_STATUS(himds_cancel_new(&cancel, NULL), HIMDS_OK);
    CHECK_STATUS(himds_request_set_cancel(blocked.request, cancel, NULL), HIMDS_OK);
    fault(fault_json);
    int before = requests_seen();
    CHECK(pthread_create(&thread, NULL, block, &blocked) == 0);
    while (requests_seen() == before) usleep(1000);
    int64_t cancelled_at = now_ms();
    CHECK_STATUS(himds_cancel_cancel(cancel, NULL), HIMDS_OK);
    himds_cancel_free(cancel); /* the request keeps what it needs of it */
    pthread_join(thread, NULL);
    CHECK(blocked.ended_at - cancelled_at < 100);

    /* One-shot: the same request is over before it begins, while the client works on. */
    int64_t start = now_ms();
    himds_token *token = NULL;
    CHECK_STATUS(himds_client_get_token_with(blocked.client, STORAGE, blocked.request, &token, NULL), HIMDS_CANCELLED);
    CHECK(now_ms() - start < 100);
    clear_faults();
    CHECK_STATUS(himds_client_get_token(blocked.client, VAULT, &token, NULL), HIMDS_OK);
    himds_token_free(token);
    himds_request_free(blocked.request);
    himds_client_free(blocked.client);
}

static void cancel_a_silent_service(void) { cancel_ends("token", "{\"count\":0,\"on\":\"any\",\"wire\":{\"action\":\"hang\"}}"); }
static void cancel_between_tries(void) {
    cancel_ends("token", "{\"count\":0,\"status\":503,\"headers\":[[\"Retry-After\",\"20\"]]}");
}
static void cancel_metadata(void) { cancel_ends("metadata", "{\"count\":0,\"on\":\"metadata\",\"wire\":{\"action\":\"hang\"}}"); }

int main(void) {
    RUN(fifty_threads_make_one_handshake);
    RUN(pthread_cancel_waits_for_the_call);
    RUN(a_thread_that_ends_is_told_so);
    RUN(threads_share_everything);
    RUN(cancel_a_silent_service);
    RUN(cancel_between_tries);
    RUN(cancel_metadata);
    return finish();
}
