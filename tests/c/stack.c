/* A call needs no more stack than the header says, whatever is answered. Of the optimised library alone. */
#define _GNU_SOURCE
#include <pthread.h>

#include "harness.h"

static void *ask_for_all(void *client) {
    himds_token *token = NULL;
    himds_metadata *metadata = NULL;
    himds_text *findings = NULL;
    CHECK_STATUS(himds_client_get_token(client, VAULT, &token, NULL), HIMDS_RESPONSE_INVALID);
    CHECK_STATUS(himds_client_get_metadata(client, &metadata, NULL), HIMDS_RESPONSE_INVALID);
    CHECK_STATUS(himds_client_diagnose(client, VAULT, NULL, &findings, NULL), HIMDS_OK);
    himds_text_free(findings);
    return NULL;
}

static void a_deep_answer_fits_a_small_stack(void) {
    char body[400] = "", json[500];
    for (int i = 0; i < 120; i++) strcat(body, "[");
    for (int i = 0; i < 120; i++) strcat(body, "]");
    snprintf(json, sizeof json, "{\"on\":\"key\",\"count\":0,\"status\":200,\"body\":\"{\\\"a\\\":%s}\"}", body);
    fault(json);
    snprintf(json, sizeof json, "{\"on\":\"metadata\",\"count\":0,\"status\":200,\"body\":\"{\\\"a\\\":%s}\"}", body);
    fault(json);
    himds_client *client = client_for("himds");
    pthread_attr_t small;
    pthread_t thread;
    pthread_attr_init(&small);
    CHECK(pthread_attr_setstacksize(&small, 64 << 10) == 0);
    CHECK(pthread_create(&thread, &small, ask_for_all, client) == 0);
    pthread_join(thread, NULL);
    pthread_attr_destroy(&small);
    himds_client_free(client);
    clear_faults();
}

int main(void) {
    RUN(a_deep_answer_fits_a_small_stack);
    return finish();
}
