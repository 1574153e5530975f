/*
 * NULL, invalid UTF-8 and out-of-range values for every parameter of every function, and outputs that hold garbage
 * before the call. symbols.sh checks that no function is left out.
 */
#include "harness.h"

/* Each of these is refused, by a decoder that stops at the first bad byte too. */
static const char *const BAD_UTF8[] = {"\xff", "https://\xc3", "\xed\xa0\x80", "\xc0\x80", "a\xf5\x80\x80\x80"};
#define BAD_COUNT (sizeof BAD_UTF8 / sizeof BAD_UTF8[0])

/* Calls with every bad text; `text` is the name that the expression uses. */
#define CHECK_BAD_UTF8(call)                                        \
    for (size_t i = 0; i < BAD_COUNT; i++) {                        \
        const char *text = BAD_UTF8[i];                             \
        himds_error *error = GARBAGE(himds_error);                  \
        CHECK_ERROR(call, HIMDS_INVALID_ARGUMENT, error);           \
    }

#define CHECK_INVALID(call)                               \
    do {                                                  \
        himds_error *error = GARBAGE(himds_error);        \
        CHECK_ERROR(call, HIMDS_INVALID_ARGUMENT, error); \
    } while (0)

/* The same call without an error object. */
#define CHECK_INVALID_QUIET(call) CHECK_STATUS(call, HIMDS_INVALID_ARGUMENT)

static void versions_and_names(void) {
    CHECK_TEXT(himds_version(), HIMDS_VERSION);
    CHECK(himds_abi_version() == HIMDS_ABI_VERSION);
    CHECK_TEXT(himds_status_name(HIMDS_OK), "ok");
    CHECK_TEXT(himds_status_name(HIMDS_KEY_FILE_UNREADABLE), "key_file_unreadable");
    const int32_t unknown[] = {-1, 6, 99, 114, 901, INT32_MAX, INT32_MIN};
    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++) CHECK_TEXT(himds_status_name(unknown[i]), "unknown");
}

typedef int32_t set_text(himds_options *, const char *, himds_error **);

static void options(void) {
    CHECK_INVALID(himds_options_new(NULL, &error));
    CHECK_INVALID_QUIET(himds_options_new(NULL, NULL));
    himds_options *options = GARBAGE(himds_options);
    himds_error *error = GARBAGE(himds_error);
    CHECK_STATUS(himds_options_new(&options, &error), HIMDS_OK);
    CHECK(error == NULL);

    set_text *const setters[] = {himds_options_set_source,    himds_options_set_endpoint,  himds_options_set_token_dir,
                                 himds_options_set_client_id, himds_options_set_object_id, himds_options_set_resource_id,
                                 himds_options_set_user_agent};
    for (size_t s = 0; s < sizeof setters / sizeof *setters; s++) {
        CHECK_INVALID(setters[s](NULL, "himds", &error));
        CHECK_INVALID_QUIET(setters[s](NULL, NULL, NULL));
        CHECK_BAD_UTF8(setters[s](options, text, &error));
        CHECK_INVALID_QUIET(setters[s](options, "\xff", NULL));
        CHECK_STATUS(setters[s](options, NULL, NULL), HIMDS_OK);
    }
    CHECK_ERROR(himds_options_set_source(options, "azure", &error), HIMDS_CONFIGURATION, error);
    CHECK_ERROR(himds_options_set_source(options, "", &error), HIMDS_CONFIGURATION, error);
    CHECK_INVALID(himds_options_set_client_id(options, "", &error));
    CHECK_INVALID(himds_options_set_object_id(options, "", &error));
    CHECK_INVALID(himds_options_set_resource_id(options, "", &error));

    CHECK_INVALID(himds_options_set_timeout_ms(NULL, 1, &error));
    CHECK_INVALID(himds_options_set_timeout_ms(options, 0, &error));
    CHECK_STATUS(himds_options_set_timeout_ms(options, UINT64_MAX, NULL), HIMDS_OK);
    CHECK_INVALID(himds_options_set_connect_timeout_ms(NULL, 1, &error));
    CHECK_INVALID(himds_options_set_connect_timeout_ms(options, 0, &error));
    CHECK_STATUS(himds_options_set_connect_timeout_ms(options, UINT64_MAX, NULL), HIMDS_OK);
    CHECK_INVALID(himds_options_set_max_attempts(NULL, 1, &error));
    CHECK_INVALID(himds_options_set_max_attempts(options, 0, &error));
    CHECK_STATUS(himds_options_set_max_attempts(options, UINT32_MAX, NULL), HIMDS_OK);

    CHECK_INVALID(himds_options_set_verify_peer(NULL, 1, &error));
    CHECK_STATUS(himds_options_set_verify_peer(options, 0, NULL), HIMDS_OK);
    CHECK_STATUS(himds_options_set_verify_peer(options, 1, NULL), HIMDS_OK);
    CHECK_INVALID(himds_options_set_wait_for_service_ms(NULL, 1, &error));
    CHECK_STATUS(himds_options_set_wait_for_service_ms(options, 1000, NULL), HIMDS_OK);
    CHECK_STATUS(himds_options_set_wait_for_service_ms(options, 0, NULL), HIMDS_OK);

    CHECK_INVALID(himds_options_set_environment(NULL, "NAME", "value", &error));
    CHECK_INVALID(himds_options_set_environment(options, NULL, "value", &error));
    CHECK_INVALID(himds_options_set_environment(options, "", "value", &error));
    CHECK_INVALID(himds_options_set_environment(options, "A=B", "value", &error));
    CHECK_BAD_UTF8(himds_options_set_environment(options, text, "value", &error));
    CHECK_BAD_UTF8(himds_options_set_environment(options, "NAME", text, &error));
    CHECK_STATUS(himds_options_set_environment(options, "NAME", NULL, NULL), HIMDS_OK);

    /* The largest durations are used, not only stored. */
    CHECK_STATUS(himds_options_set_source(options, "himds", NULL), HIMDS_OK);
    CHECK_STATUS(himds_options_set_endpoint(options, endpoint_of("himds"), NULL), HIMDS_OK);
    CHECK_STATUS(himds_options_set_token_dir(options, token_dir(), NULL), HIMDS_OK);
    himds_client *client = NULL;
    himds_token *token = NULL;
    CHECK_STATUS(himds_client_new(options, &client, NULL), HIMDS_OK);
    CHECK_STATUS(himds_client_get_token(client, VAULT, &token, NULL), HIMDS_OK);
    himds_token_free(token);
    himds_client_free(client);

    CHECK_STATUS(himds_options_set_client_id(options, "one", NULL), HIMDS_OK);
    CHECK_STATUS(himds_options_set_object_id(options, "two", NULL), HIMDS_OK);
    client = GARBAGE(himds_client);
    CHECK_ERROR(himds_client_new(options, &client, &error), HIMDS_CONFIGURATION, error);
    CHECK(client == NULL);
    himds_options_free(options);
    himds_options_free(NULL);
}

static void client_new(void) {
    CHECK_INVALID(himds_client_new(NULL, NULL, &error));
    CHECK_INVALID_QUIET(himds_client_new(NULL, NULL, NULL));
    himds_client *client = GARBAGE(himds_client);
    himds_error *error = GARBAGE(himds_error);
    CHECK_STATUS(himds_client_new(NULL, &client, &error), HIMDS_OK);
    CHECK(error == NULL && client != NULL);
    size_t length = 99;
    const char *reason = himds_client_source_reason(client, &length);
    CHECK(length == strlen(reason) && length > 0);
    CHECK_TEXT(himds_client_source(client, NULL), "himds");
    CHECK(*himds_client_endpoint(client, NULL) != '\0');
    himds_client_free(client);
    himds_client_free(NULL);
}

static void client_tokens(void) {
    himds_client *client = client_for("himds");
    himds_request *request = NULL;
    CHECK_STATUS(himds_request_new(&request, NULL), HIMDS_OK);
    static char long_resource[2050];
    memset(long_resource, 'x', 2049);
    const char *const bad_resources[] = {"", "a\nb", "a\x7f", "\x1b[0m", long_resource};

#define TOKEN GARBAGE(himds_token)
    himds_token *token = TOKEN;
    CHECK_INVALID(himds_client_get_token(NULL, VAULT, &token, &error));
    CHECK(token == NULL);
    token = TOKEN;
    CHECK_INVALID(himds_client_get_token(client, NULL, &token, &error));
    CHECK(token == NULL);
    CHECK_INVALID(himds_client_get_token(client, VAULT, NULL, &error));
    CHECK_INVALID_QUIET(himds_client_get_token(NULL, NULL, NULL, NULL));
    CHECK_BAD_UTF8((token = TOKEN, himds_client_get_token(client, text, &token, &error)));
    CHECK(token == NULL);

    token = TOKEN;
    CHECK_INVALID(himds_client_get_token_with(NULL, VAULT, request, &token, &error));
    CHECK(token == NULL);
    token = TOKEN;
    CHECK_INVALID(himds_client_get_token_with(client, NULL, request, &token, &error));
    CHECK(token == NULL);
    CHECK_INVALID(himds_client_get_token_with(client, VAULT, request, NULL, &error));
    CHECK_BAD_UTF8((token = TOKEN, himds_client_get_token_with(client, text, request, &token, &error)));
    CHECK(token == NULL);
    token = TOKEN;
    CHECK_STATUS(himds_client_get_token_with(client, VAULT, NULL, &token, NULL), HIMDS_OK);
    himds_token_free(token);

    token = TOKEN;
    CHECK_INVALID(himds_client_peek_token(NULL, VAULT, &token, &error));
    CHECK(token == NULL);
    CHECK_INVALID(himds_client_peek_token(client, NULL, &token, &error));
    CHECK_INVALID(himds_client_peek_token(client, VAULT, NULL, &error));
    CHECK_BAD_UTF8((token = TOKEN, himds_client_peek_token(client, text, &token, &error)));
    CHECK(token == NULL);

    token = TOKEN;
    CHECK_INVALID(himds_client_peek_fresh_token(NULL, VAULT, &token, &error));
    CHECK(token == NULL);
    CHECK_INVALID(himds_client_peek_fresh_token(client, NULL, &token, &error));
    CHECK_INVALID(himds_client_peek_fresh_token(client, VAULT, NULL, &error));
    CHECK_BAD_UTF8((token = TOKEN, himds_client_peek_fresh_token(client, text, &token, &error)));
    CHECK(token == NULL);

    for (size_t r = 0; r < sizeof bad_resources / sizeof *bad_resources; r++) {
        token = TOKEN;
        CHECK_INVALID(himds_client_get_token(client, bad_resources[r], &token, &error));
        CHECK(token == NULL);
        CHECK_INVALID(himds_client_get_token_with(client, bad_resources[r], request, &token, &error));
        CHECK_INVALID(himds_client_copy_token(client, bad_resources[r], NULL, 0, NULL, NULL, &error));
        token = TOKEN;
        CHECK_STATUS(himds_client_peek_token(client, bad_resources[r], &token, NULL), HIMDS_OK);
        CHECK(token == NULL);
        token = TOKEN;
        CHECK_STATUS(himds_client_peek_fresh_token(client, bad_resources[r], &token, NULL), HIMDS_OK);
        CHECK(token == NULL);
    }
    himds_request_free(request);
    himds_client_free(client);
}

static void client_copy(void) {
    himds_client *client = client_for("himds");
    char buffer[8];
    size_t length = 77;
    uint64_t expires_on = 77;
#define COPY(client, resource, buffer, size) himds_client_copy_token(client, resource, buffer, size, &length, &expires_on, &error)
#define EMPTY() (CHECK(buffer[0] == '\0' && length == 0 && expires_on == 0), memset(buffer, 'x', sizeof buffer), length = expires_on = 77)
    memset(buffer, 'x', sizeof buffer);
    CHECK_INVALID(COPY(NULL, VAULT, buffer, sizeof buffer));
    EMPTY();
    CHECK_INVALID(COPY(client, NULL, buffer, sizeof buffer));
    EMPTY();
    CHECK_BAD_UTF8(COPY(client, text, buffer, sizeof buffer));
    EMPTY();
    CHECK_INVALID(COPY(client, VAULT, NULL, 8));
    CHECK(length == 0 && expires_on == 0);
    CHECK_INVALID_QUIET(himds_client_copy_token(client, NULL, buffer, sizeof buffer, NULL, NULL, NULL));
    CHECK_STATUS(himds_client_copy_token(client, VAULT, NULL, 0, NULL, NULL, NULL), HIMDS_BUFFER_TOO_SMALL);
    himds_client_free(client);
}

static void client_documents(void) {
    himds_client *client = client_for("himds");
    himds_request *request = NULL;
    CHECK_STATUS(himds_request_new(&request, NULL), HIMDS_OK);

    himds_metadata *metadata = GARBAGE(himds_metadata);
    CHECK_INVALID(himds_client_get_metadata(NULL, &metadata, &error));
    CHECK(metadata == NULL);
    CHECK_INVALID(himds_client_get_metadata(client, NULL, &error));
    metadata = GARBAGE(himds_metadata);
    CHECK_INVALID(himds_client_get_metadata_with(NULL, request, &metadata, &error));
    CHECK(metadata == NULL);
    CHECK_INVALID(himds_client_get_metadata_with(client, request, NULL, &error));
    CHECK_STATUS(himds_client_get_metadata_with(client, NULL, &metadata, NULL), HIMDS_OK);

    himds_text *text_out = GARBAGE(himds_text);
    CHECK_INVALID(himds_client_get(NULL, "/metadata/instance", NULL, request, &text_out, &error));
    CHECK(text_out == NULL);
    text_out = GARBAGE(himds_text);
    CHECK_INVALID(himds_client_get(client, NULL, NULL, request, &text_out, &error));
    CHECK(text_out == NULL);
    CHECK_INVALID(himds_client_get(client, "/metadata/instance", NULL, request, NULL, &error));
    CHECK_INVALID(himds_client_get(client, "", NULL, NULL, &text_out, &error));
    CHECK_INVALID(himds_client_get(client, "metadata/instance", NULL, NULL, &text_out, &error));
    CHECK_BAD_UTF8(himds_client_get(client, text, NULL, request, &text_out, &error));
    CHECK_BAD_UTF8(himds_client_get(client, "/metadata/instance", text, request, &text_out, &error));
    CHECK(text_out == NULL);

    text_out = GARBAGE(himds_text);
    CHECK_INVALID(himds_client_diagnose(NULL, NULL, request, &text_out, &error));
    CHECK(text_out == NULL);
    CHECK_INVALID(himds_client_diagnose(client, NULL, request, NULL, &error));
    CHECK_INVALID(himds_client_diagnose(client, "", NULL, &text_out, &error));
    CHECK_BAD_UTF8(himds_client_diagnose(client, text, request, &text_out, &error));

    CHECK_INVALID(himds_client_clear_cache(NULL, &error));
    CHECK_STATUS(himds_client_clear_cache(client, NULL), HIMDS_OK);

    text_out = GARBAGE(himds_text);
    CHECK_INVALID(himds_metadata_get(NULL, "/compute", &text_out, &error));
    CHECK(text_out == NULL);
    CHECK_INVALID(himds_metadata_get(metadata, NULL, &text_out, &error));
    CHECK_INVALID(himds_metadata_get(metadata, "/compute", NULL, &error));
    CHECK_INVALID(himds_metadata_get(metadata, "compute", &text_out, &error));
    CHECK_BAD_UTF8(himds_metadata_get(metadata, text, &text_out, &error));
    text_out = GARBAGE(himds_text);
    CHECK_INVALID(himds_metadata_get_json(NULL, "/compute", &text_out, &error));
    CHECK(text_out == NULL);
    CHECK_INVALID(himds_metadata_get_json(metadata, NULL, &text_out, &error));
    CHECK_INVALID(himds_metadata_get_json(metadata, "/compute", NULL, &error));
    CHECK_INVALID(himds_metadata_get_json(metadata, "compute", &text_out, &error));
    CHECK_BAD_UTF8(himds_metadata_get_json(metadata, text, &text_out, &error));

    himds_metadata_free(metadata);
    himds_metadata_free(NULL);
    himds_request_free(request);
    himds_client_free(client);
}

static void request_and_cancel(void) {
    himds_request *request = GARBAGE(himds_request);
    himds_cancel *cancel = GARBAGE(himds_cancel);
    CHECK_INVALID(himds_request_new(NULL, &error));
    CHECK_STATUS(himds_request_new(&request, NULL), HIMDS_OK);
    CHECK_INVALID(himds_request_set_force_refresh(NULL, 1, &error));
    CHECK_STATUS(himds_request_set_force_refresh(request, INT32_MIN, NULL), HIMDS_OK);
    CHECK_INVALID(himds_request_set_claims(NULL, "{}", &error));
    CHECK_BAD_UTF8(himds_request_set_claims(request, text, &error));
    CHECK_STATUS(himds_request_set_claims(request, NULL, NULL), HIMDS_OK);
    CHECK_INVALID(himds_request_set_deadline_ms(NULL, 1, &error));
    CHECK_INVALID(himds_request_set_deadline_ms(request, 0, &error));
    CHECK_STATUS(himds_request_set_deadline_ms(request, UINT64_MAX, NULL), HIMDS_OK);

    CHECK_INVALID(himds_cancel_new(NULL, &error));
    CHECK_STATUS(himds_cancel_new(&cancel, NULL), HIMDS_OK);
    CHECK_INVALID(himds_request_set_cancel(NULL, cancel, &error));
    CHECK_STATUS(himds_request_set_cancel(request, NULL, NULL), HIMDS_OK);
    CHECK_INVALID(himds_cancel_cancel(NULL, &error));
    CHECK(himds_cancel_is_cancelled(NULL) == 0);
    CHECK(himds_cancel_is_cancelled(cancel) == 0);
    CHECK_STATUS(himds_cancel_cancel(cancel, NULL), HIMDS_OK);
    CHECK_STATUS(himds_cancel_cancel(cancel, NULL), HIMDS_OK);
    CHECK(himds_cancel_is_cancelled(cancel) == 1);
    himds_cancel_free(cancel);
    himds_cancel_free(NULL);
    himds_request_free(request);
    himds_request_free(NULL);
}

static void claims(void) {
    himds_text *claims = GARBAGE(himds_text);
    CHECK_INVALID(himds_token_claims(NULL, &claims, &error));
    CHECK(claims == NULL);
    CHECK_INVALID(himds_claims_decode(NULL, &claims, &error));
    CHECK_INVALID(himds_claims_decode("a.e30.b", NULL, &error));
    CHECK_BAD_UTF8((claims = GARBAGE(himds_text), himds_claims_decode(text, &claims, &error)));
    CHECK(claims == NULL);
    himds_error *error = NULL;
    const char *const no_jwts[] = {"", "a", "a.b", "a.!.b", "a.e30.b.c", "a.W10.b", "..", "a.bnVsbA.b"};
    for (size_t i = 0; i < sizeof no_jwts / sizeof *no_jwts; i++) {
        claims = GARBAGE(himds_text);
        CHECK_ERROR(himds_claims_decode(no_jwts[i], &claims, &error), HIMDS_RESPONSE_INVALID, error);
        CHECK(claims == NULL);
    }
    CHECK_STATUS(himds_claims_decode("a.eyJvaWQiOiJ4In0.b", &claims, NULL), HIMDS_OK);
    CHECK_TEXT(himds_text_data(claims, NULL), "{\"oid\":\"x\"}");
    himds_text_free(claims);

    himds_client *client = client_for("himds");
    himds_token *token = NULL;
    CHECK_STATUS(himds_client_get_token(client, VAULT, &token, NULL), HIMDS_OK);
    CHECK_INVALID(himds_token_claims(token, NULL, &error));
    himds_token_free(token);
    himds_client_free(client);
}

/* Accessors for text: NULL gives "" and 0. */
#define CHECK_EMPTY(accessor)                                  \
    do {                                                       \
        size_t length = 77;                                    \
        CHECK_TEXT(accessor(NULL, &length), "");               \
        CHECK(length == 0);                                    \
        CHECK_TEXT(accessor(NULL, NULL), "");                  \
    } while (0)

static void accessors_of_null(void) {
    CHECK_EMPTY(himds_client_source);
    CHECK_EMPTY(himds_client_source_reason);
    CHECK_EMPTY(himds_client_endpoint);
    CHECK_EMPTY(himds_token_secret);
    CHECK_EMPTY(himds_token_resource);
    CHECK_EMPTY(himds_token_type);
    CHECK_EMPTY(himds_metadata_json);
    CHECK_EMPTY(himds_text_data);
    CHECK_EMPTY(himds_error_kind);
    CHECK_EMPTY(himds_error_message);
    CHECK_EMPTY(himds_error_hint);
    CHECK_EMPTY(himds_error_server_error);
    CHECK_EMPTY(himds_error_server_error_description);
    CHECK_EMPTY(himds_error_correlation_id);
    CHECK_EMPTY(himds_error_body);
    CHECK_EMPTY(himds_error_file);
    CHECK(himds_token_expires_on_ms(NULL) == 0);
    CHECK(himds_token_refresh_on_ms(NULL) == 0);
    CHECK(himds_token_attempts(NULL) == 0);
    CHECK(himds_error_status(NULL) == HIMDS_OK);
    CHECK(himds_error_http_status(NULL) == 0);
    CHECK(himds_error_attempts(NULL) == 0);
    CHECK(himds_error_elapsed_ms(NULL) == 0);
    CHECK(himds_error_retry_after_ms(NULL) == -1);
    CHECK(himds_error_os_error(NULL) == 0);
    himds_token_free(NULL);
    himds_text_free(NULL);
    himds_error_free(NULL);
}

int main(void) {
    RUN(versions_and_names);
    RUN(options);
    RUN(client_new);
    RUN(client_tokens);
    RUN(client_copy);
    RUN(client_documents);
    RUN(request_and_cancel);
    RUN(claims);
    RUN(accessors_of_null);
    return finish();
}
