/* What the functions do when all is well, and what errors say. Against the emulator. */
#define _GNU_SOURCE
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness.h"

static himds_token *get(const himds_client *client, const char *resource) {
    himds_token *token = NULL;
    himds_error *error = NULL;
    if (!CHECK_STATUS(himds_client_get_token(client, resource, &token, &error), HIMDS_OK))
        printf("%s\n%s\n", himds_error_message(error, NULL), himds_error_hint(error, NULL));
    himds_error_free(error);
    return token;
}

static void token_of(const char *source) {
    himds_client *client = client_for(source);
    CHECK_TEXT(himds_client_source(client, NULL), source);
    CHECK_TEXT(himds_client_endpoint(client, NULL), endpoint_of(source));
    himds_token *token = get(client, VAULT "/.default");
    himds_client_free(client);

    /* The token outlives its client. */
    size_t length = 0;
    const char *secret = himds_token_secret(token, &length);
    CHECK(length > 100 && strlen(secret) == length && strncmp(secret, "eyJ", 3) == 0);
    CHECK(himds_token_secret(token, NULL) == secret);
    CHECK_TEXT(himds_token_resource(token, NULL), VAULT);
    CHECK_TEXT(himds_token_type(token, &length), "Bearer");
    CHECK(length == 6);
    uint64_t expires_on = himds_token_expires_on_ms(token), refresh_on = himds_token_refresh_on_ms(token);
    CHECK(expires_on > 1700000000000u && expires_on % 1000 == 0);
    CHECK(refresh_on != 0 && refresh_on < expires_on);
    CHECK(himds_token_attempts(token) == 1);

    himds_text *claims = NULL, *decoded = NULL;
    CHECK_STATUS(himds_token_claims(token, &claims, NULL), HIMDS_OK);
    CHECK(strstr(himds_text_data(claims, &length), "\"aud\":\"" VAULT) != NULL && length == strlen(himds_text_data(claims, NULL)));
    CHECK_STATUS(himds_claims_decode(secret, &decoded, NULL), HIMDS_OK);
    CHECK_TEXT(himds_text_data(decoded, NULL), himds_text_data(claims, NULL));
    himds_text_free(claims);
    himds_text_free(decoded);
    himds_token_free(token);
}

static void token_from_himds(void) { token_of("himds"); }
static void token_from_imds(void) { token_of("imds"); }

static void the_environment_leads_to_himds(void) {
    /* A client with nothing but a token directory finds the emulator by the variables that the agent sets. */
    himds_options *options = NULL;
    himds_client *client = NULL;
    CHECK_STATUS(himds_options_new(&options, NULL), HIMDS_OK);
    CHECK_STATUS(himds_options_set_token_dir(options, token_dir(), NULL), HIMDS_OK);
    CHECK_STATUS(himds_client_new(options, &client, NULL), HIMDS_OK);
    CHECK_TEXT(himds_client_source(client, NULL), "himds");
    himds_token_free(get(client, ARM));
    himds_client_free(client);

    /* Variables that replace the process's: those of another host, and a setter that is NULL again. */
    CHECK_STATUS(himds_options_set_environment(options, "IDENTITY_ENDPOINT", "http://127.0.0.1:1/msi/token", NULL), HIMDS_OK);
    CHECK_STATUS(himds_options_set_environment(options, "IDENTITY_HEADER", "x", NULL), HIMDS_OK);
    CHECK_STATUS(himds_options_set_source(options, "himds", NULL), HIMDS_OK);
    CHECK_STATUS(himds_options_set_source(options, NULL, NULL), HIMDS_OK);
    CHECK_STATUS(himds_client_new(options, &client, NULL), HIMDS_OK);
    himds_options_free(options);
    if (access("/opt/azcmagent/bin/himds", F_OK) != 0) {
        himds_token *token = GARBAGE(himds_token);
        himds_error *error = NULL;
        CHECK_TEXT(himds_client_source(client, NULL), "");
        CHECK_ERROR(himds_client_get_token(client, ARM, &token, &error), HIMDS_UNAVAILABLE, error);
        CHECK(token == NULL);
    }
    himds_client_free(client);
}

static void cache_and_refresh(void) {
    himds_client *client = client_for("himds");
    himds_request *request = NULL;
    himds_token *peeked = GARBAGE(himds_token), *fresh = GARBAGE(himds_token);
    CHECK_STATUS(himds_client_peek_token(client, VAULT, &peeked, NULL), HIMDS_OK);
    CHECK_STATUS(himds_client_peek_fresh_token(client, VAULT, &fresh, NULL), HIMDS_OK);
    CHECK(peeked == NULL && fresh == NULL);

    himds_token *first = get(client, VAULT);
    int before = requests_seen();
    himds_token *second = get(client, VAULT);
    CHECK_STATUS(himds_client_peek_token(client, VAULT, &peeked, NULL), HIMDS_OK);
    CHECK_STATUS(himds_client_peek_fresh_token(client, VAULT, &fresh, NULL), HIMDS_OK);
    CHECK(requests_seen() == before);
    CHECK(first != second);
    CHECK_TEXT(himds_token_secret(second, NULL), himds_token_secret(first, NULL));
    CHECK_TEXT(himds_token_secret(peeked, NULL), himds_token_secret(first, NULL));
    himds_token_free(second);
    CHECK_TEXT(himds_token_secret(fresh, NULL), himds_token_secret(first, NULL));
    himds_token_free(peeked);
    himds_token_free(fresh);

    CHECK_STATUS(himds_request_new(&request, NULL), HIMDS_OK);
    CHECK_STATUS(himds_request_set_force_refresh(request, 1, NULL), HIMDS_OK);
    CHECK_STATUS(himds_client_get_token_with(client, VAULT, request, &second, NULL), HIMDS_OK);
    CHECK(requests_seen() == before + 2);
    CHECK(strcmp(himds_token_secret(second, NULL), himds_token_secret(first, NULL)) != 0);
    himds_token_free(second);

    CHECK_STATUS(himds_request_set_force_refresh(request, 0, NULL), HIMDS_OK);
    CHECK_STATUS(himds_request_set_claims(request, "{\"access_token\":{}}", NULL), HIMDS_OK);
    CHECK_STATUS(himds_client_get_token_with(client, VAULT, request, &second, NULL), HIMDS_OK);
    CHECK(requests_seen() == before + 4);
    himds_token_free(second);
    CHECK_STATUS(himds_request_set_claims(request, "", NULL), HIMDS_OK);
    CHECK_STATUS(himds_client_get_token_with(client, VAULT, request, &second, NULL), HIMDS_OK);
    CHECK(requests_seen() == before + 4);
    himds_token_free(second);

    CHECK_STATUS(himds_client_clear_cache(client, NULL), HIMDS_OK);
    CHECK_STATUS(himds_client_peek_token(client, VAULT, &peeked, NULL), HIMDS_OK);
    CHECK(peeked == NULL);
    himds_token_free(get(client, VAULT));
    CHECK(requests_seen() == before + 6);
    himds_token_free(first); /* still valid after all that */
    himds_request_free(request);
    himds_client_free(client);
}

static void copy_to_a_buffer(void) {
    himds_client *client = client_for("himds");
    himds_token *token = get(client, VAULT);
    size_t needed = 0, length = 0;
    uint64_t expires_on = 0;
    himds_error *error = NULL;
    const char *secret = himds_token_secret(token, &needed);
    char *buffer = malloc(needed + 2);
    if (buffer == NULL) return;

    memset(buffer, 'x', needed + 2);
    CHECK_STATUS(himds_client_copy_token(client, VAULT, buffer, needed + 1, &length, &expires_on, &error), HIMDS_OK);
    CHECK(error == NULL && length == needed && expires_on == himds_token_expires_on_ms(token));
    CHECK_TEXT(buffer, secret);
    CHECK(buffer[needed + 1] == 'x');

    memset(buffer, 'x', needed + 2);
    length = expires_on = 0;
    CHECK_ERROR(himds_client_copy_token(client, VAULT, buffer, needed, &length, &expires_on, &error), HIMDS_BUFFER_TOO_SMALL, error);
    CHECK(length == needed && expires_on == himds_token_expires_on_ms(token));
    buffer[needed + 1] = '\0';
    CHECK(buffer[0] == '\0' && strstr(buffer + 1, "eyJ") == NULL);

    CHECK_STATUS(himds_client_copy_token(client, VAULT, NULL, 0, &length, NULL, NULL), HIMDS_BUFFER_TOO_SMALL);
    CHECK(length == needed);
    free(buffer);
    himds_token_free(token);
    himds_client_free(client);
}

static void metadata(void) {
    himds_client *client = client_for("himds");
    himds_metadata *metadata = NULL;
    himds_text *value = NULL;
    himds_error *error = NULL;
    CHECK_STATUS(himds_client_get_metadata(client, &metadata, NULL), HIMDS_OK);
    himds_client_free(client);
    size_t length = 0;
    CHECK(strstr(himds_metadata_json(metadata, &length), "\"compute\"") != NULL && length > 100);
    CHECK_STATUS(himds_metadata_get(metadata, "/compute/location", &value, NULL), HIMDS_OK);
    CHECK_TEXT(himds_text_data(value, &length), "westeurope");
    CHECK(length == 10);
    himds_text_free(value);
    CHECK_STATUS(himds_metadata_get_json(metadata, "/compute/location", &value, NULL), HIMDS_OK);
    CHECK_TEXT(himds_text_data(value, NULL), "\"westeurope\"");
    himds_text_free(value);
    CHECK_STATUS(himds_metadata_get(metadata, "/compute/tagsList/0/name", &value, NULL), HIMDS_OK);
    CHECK(*himds_text_data(value, NULL) != '\0');
    himds_text_free(value);
    CHECK_STATUS(himds_metadata_get(metadata, "/compute/publicKeys", &value, NULL), HIMDS_OK);
    CHECK_TEXT(himds_text_data(value, NULL), "null");
    himds_text_free(value);
    CHECK_STATUS(himds_metadata_get(metadata, "", &value, NULL), HIMDS_OK);
    CHECK(*himds_text_data(value, NULL) == '{');
    himds_text_free(value);
    value = GARBAGE(himds_text);
    CHECK_ERROR(himds_metadata_get(metadata, "/compute/nowhere", &value, &error), HIMDS_NOT_FOUND, error);
    CHECK(value == NULL);
    himds_metadata_free(metadata);
}

static void other_documents(void) {
    himds_client *client = client_for("himds");
    himds_text *body = NULL;
    CHECK_STATUS(himds_client_get(client, "/metadata/identity/info", "2018-02-01", NULL, &body, NULL), HIMDS_OK);
    CHECK(strstr(himds_text_data(body, NULL), "\"tenantId\"") != NULL);
    himds_text_free(body);
    CHECK_STATUS(himds_client_get(client, "/metadata/instance/compute", NULL, NULL, &body, NULL), HIMDS_OK);
    CHECK(strstr(himds_text_data(body, NULL), "\"subscriptionId\"") != NULL);
    himds_text_free(body);

    CHECK_STATUS(himds_client_diagnose(client, NULL, NULL, &body, NULL), HIMDS_OK);
    CHECK(strncmp(himds_text_data(body, NULL), "{\"ok\":true,\"source\":\"himds\"", 26) == 0);
    himds_text_free(body);
    himds_client_free(client);
}

/* The error of a token request under a fault. */
static himds_error *failure(const char *source, const char *json, int32_t expected) {
    himds_client *client = client_for(source);
    himds_request *request = NULL;
    himds_token *token = GARBAGE(himds_token);
    himds_error *error = NULL;
    CHECK_STATUS(himds_request_new(&request, NULL), HIMDS_OK);
    CHECK_STATUS(himds_request_set_deadline_ms(request, 1000, NULL), HIMDS_OK);
    fault(json);
    CHECK_STATUS(himds_client_get_token_with(client, VAULT, request, &token, &error), expected);
    CHECK(token == NULL && error != NULL);
    clear_faults();
    himds_request_free(request);
    himds_client_free(client);
    return error;
}

static void errors_tell_everything(void) {
    size_t length = 77;
    himds_error *error = failure("imds",
                                 "{\"status\":429,\"count\":0,\"headers\":[[\"Retry-After\",\"7\"]],\"body\":"
                                 "\"{\\\"error\\\":\\\"too_many\\\",\\\"error_description\\\":\\\"slow down\\\","
                                 "\\\"correlation_id\\\":\\\"c0ffee\\\"}\"}",
                                 HIMDS_THROTTLED);
    CHECK(himds_error_status(error) == HIMDS_THROTTLED);
    CHECK_TEXT(himds_error_kind(error, &length), "throttled");
    CHECK(length == 9);
    CHECK(himds_error_http_status(error) == 429);
    CHECK_TEXT(himds_error_server_error(error, NULL), "too_many");
    CHECK_TEXT(himds_error_server_error_description(error, NULL), "slow down");
    CHECK_TEXT(himds_error_correlation_id(error, NULL), "c0ffee");
    CHECK(strstr(himds_error_body(error, NULL), "too_many") != NULL);
    CHECK(himds_error_attempts(error) == 1);
    CHECK(himds_error_retry_after_ms(error) == 7000);
    CHECK(himds_error_elapsed_ms(error) < 1000);
    CHECK(himds_error_os_error(error) == 0);
    CHECK_TEXT(himds_error_file(error, &length), "");
    CHECK(length == 0);
    CHECK(*himds_error_message(error, NULL) != '\0');
    himds_error_free(error);

    error = failure("himds", "{\"on\":\"challenge\",\"key\":{\"kind\":\"missing\"}}", HIMDS_KEY_FILE_UNREADABLE);
    CHECK(himds_error_os_error(error) == ENOENT);
    CHECK(strncmp(himds_error_file(error, NULL), token_dir(), strlen(token_dir())) == 0);
    CHECK(*himds_error_hint(error, NULL) != '\0');
    CHECK(himds_error_retry_after_ms(error) == -1);
    himds_error_free(error);

    himds_options *options = options_for("himds");
    himds_client *client = NULL;
    himds_token *token = NULL;
    CHECK_STATUS(himds_options_set_endpoint(options, "http://127.0.0.1:1", NULL), HIMDS_OK);
    CHECK_STATUS(himds_client_new(options, &client, NULL), HIMDS_OK);
    CHECK_STATUS(himds_client_get_token(client, VAULT, &token, &error), HIMDS_UNAVAILABLE);
    CHECK(himds_error_os_error(error) == ECONNREFUSED);
    himds_error_free(error);
    himds_client_free(client);
    himds_options_free(options);

    error = failure("himds", "{\"count\":0,\"on\":\"any\",\"wire\":{\"action\":\"reset\",\"after\":\"nothing\"}}", HIMDS_TRANSPORT);
    CHECK(himds_error_os_error(error) == ECONNRESET);
    himds_error_free(error);

    error = failure("himds", "{\"count\":0,\"wire\":{\"action\":\"hang\"}}", HIMDS_TIMEOUT);
    CHECK(himds_error_elapsed_ms(error) >= 900 && himds_error_elapsed_ms(error) < 3000);
    CHECK(himds_error_http_status(error) == 0);
    himds_error_free(error);
}

static void nothing_secret_in_errors(void) {
    /* The service repeats the key that it was sent, and a token, in an error. */
    himds_error *error = failure("himds",
                                 "{\"on\":\"key\",\"count\":0,\"status\":400,\"body\":"
                                 "\"{\\\"error\\\":\\\"bad\\\",\\\"error_description\\\":\\\"token {token}\\\"}\"}",
                                 HIMDS_SERVICE);
    CHECK(strstr(himds_error_body(error, NULL), "eyJ") == NULL);
    CHECK(strstr(himds_error_server_error_description(error, NULL), "eyJ") == NULL);
    CHECK(strstr(himds_error_message(error, NULL), "eyJ") == NULL);
    himds_error_free(error);
}

int main(void) {
    RUN(token_from_himds);
    RUN(token_from_imds);
    RUN(the_environment_leads_to_himds);
    RUN(cache_and_refresh);
    RUN(copy_to_a_buffer);
    RUN(metadata);
    RUN(other_documents);
    RUN(errors_tell_everything);
    RUN(nothing_secret_in_errors);
    return finish();
}
