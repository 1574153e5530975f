/* A call needs no more stack than the header says, whatever the answer. Only the optimised library promises that. */
#define _GNU_SOURCE
#include <pthread.h>

#include "harness.h"

/* Of the answers; the library does not read deeper ones than 32. */
struct answers {
    himds_client *client;
    int status, depth;
};

static void deep(const char *on, int status, int depth) {
    char body[300] = "", json[400];
    for (int i = 1; i < depth; i++) strcat(body, "[");
    for (int i = 1; i < depth; i++) strcat(body, "]");
    snprintf(json, sizeof json, "{\"on\":\"%s\",\"count\":0,\"status\":%d,\"body\":\"{\\\"a\\\":%s}\"}", on, status, body);
    fault(json);
}

static void *ask_for_all(void *argument) {
    const struct answers *answers = argument;
    himds_token *token = NULL;
    himds_metadata *metadata = NULL;
    himds_text *findings = NULL;
    int32_t wrong = answers->status == 200 ? HIMDS_RESPONSE_INVALID : HIMDS_SERVICE;
    CHECK_STATUS(himds_client_get_token(answers->client, VAULT, &token, NULL), wrong);
    bool read = answers->status == 200 && answers->depth <= 32;
    CHECK_STATUS(himds_client_get_metadata(answers->client, &metadata, NULL), read ? HIMDS_OK : wrong);
    CHECK_STATUS(himds_client_diagnose(answers->client, VAULT, NULL, &findings, NULL), HIMDS_OK);
    himds_metadata_free(metadata);
    himds_text_free(findings);
    return NULL;
}

static void deep_answers(int status, int depth) {
    deep("key", status, depth);
    deep("metadata", status, depth);
    struct answers answers = {client_for("himds"), status, depth};
    pthread_attr_t small;
    pthread_t thread;
    pthread_attr_init(&small);
    CHECK(pthread_attr_setstacksize(&small, 64 << 10) == 0);
    CHECK(pthread_create(&thread, &small, ask_for_all, &answers) == 0);
    pthread_join(thread, NULL);
    pthread_attr_destroy(&small);
    himds_client_free(answers.client);
    clear_faults();
}

static void the_deepest_answers_fit_a_small_stack(void) {
    deep_answers(200, 32);
    deep_answers(400, 32);
}

static void deeper_answers_fit_a_small_stack(void) {
    deep_answers(200, 120);
    deep_answers(400, 120);
}

int main(void) {
    RUN(the_deepest_answers_fit_a_small_stack);
    RUN(deeper_answers_fit_a_small_stack);
    return finish();
}
