/* A forced panic, and the count of live objects: needs a debug build of the library. */
#define _GNU_SOURCE
#include <pthread.h>
#include <unistd.h>

#include "harness.h"

int32_t himds_testing_panic(himds_error **error);
uint64_t himds_testing_live_objects(void);

static void *panic_in_a_thread(void *unused) {
    himds_error *error = GARBAGE(himds_error);
    CHECK_ERROR(himds_testing_panic(&error), HIMDS_INTERNAL, error);
    return unused;
}

/* Everything that is written to stdout and stderr meanwhile goes to a file, which must stay empty. */
static void a_panic_is_a_status_and_silent(void) {
    FILE *file = tmpfile();
    int to = fileno(file), out = dup(1), err = dup(2);
    fflush(NULL);
    dup2(to, 1);
    dup2(to, 2);
    himds_error *error = GARBAGE(himds_error);
    int32_t status = himds_testing_panic(&error), quiet = himds_testing_panic(NULL);
    pthread_t thread;
    pthread_create(&thread, NULL, panic_in_a_thread, NULL);
    pthread_join(thread, NULL);
    fflush(NULL);
    off_t written = lseek(to, 0, SEEK_END);
    dup2(out, 1);
    dup2(err, 2);
    close(out);
    close(err);
    fclose(file);
    CHECK(written == 0);
    CHECK_STATUS(status, HIMDS_INTERNAL);
    CHECK_STATUS(quiet, HIMDS_INTERNAL);
    CHECK(strstr(himds_error_message(error, NULL), "testing.rs:") != NULL);
    /* The panic's own text might quote data. */
    CHECK(strstr(himds_error_message(error, NULL), "payload") == NULL);
    CHECK(*himds_error_hint(error, NULL) != '\0');
    himds_error_free(error);
}

static void every_handle_is_counted_and_freed(void) {
    CHECK(himds_testing_live_objects() == 0);
    himds_client *client = client_for("himds");
    himds_token *tokens[2];
    himds_error *error = NULL;
    himds_metadata *metadata = NULL;
    himds_text *text = NULL;
    CHECK_STATUS(himds_client_get_token(client, VAULT, &tokens[0], NULL), HIMDS_OK);
    CHECK_STATUS(himds_client_get_token(client, VAULT, &tokens[1], NULL), HIMDS_OK);
    CHECK_STATUS(himds_client_get_token(client, "", &(himds_token *){NULL}, &error), HIMDS_INVALID_ARGUMENT);
    CHECK_STATUS(himds_client_get_metadata(client, &metadata, NULL), HIMDS_OK);
    CHECK_STATUS(himds_metadata_get(metadata, "", &text, NULL), HIMDS_OK);
    CHECK(himds_testing_live_objects() == 6);
    himds_text_free(text);
    himds_metadata_free(metadata);
    himds_error_free(error);
    himds_token_free(tokens[0]);
    himds_client_free(client);
    CHECK(himds_testing_live_objects() == 1);
    himds_token_free(tokens[1]);
    CHECK(himds_testing_live_objects() == 0);
}

int main(void) {
    RUN(a_panic_is_a_status_and_silent);
    RUN(every_handle_is_counted_and_freed);
    return finish();
}
