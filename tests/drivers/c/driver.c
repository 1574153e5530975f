/* Runs the scenarios through the C interface: one request a line on standard input, one answer a line on standard output. */
#define _GNU_SOURCE
#include <math.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "himds.h"
#include "wire.h"

static himds_client *client;
/* What the operation `cancel` cancels; made with the client. */
static himds_cancel *kept;

static void unsupported(const char *why) {
    begin("unsupported");
    add_text("message", why);
    end();
}

/* What no C caller can say: a text with a NUL, a duration that no uint64_t holds. */
static void impossible(void) { unsupported("no value of C can be this"); }

static void failed(himds_error *error) {
    size_t length;
    begin("error");
    add_text("kind", himds_error_kind(error, NULL));
    add_number("status", himds_error_status(error));
    add_text("message", himds_error_message(error, NULL));
    add_some("hint", himds_error_hint(error, NULL));
    if (himds_error_http_status(error) != 0) add_number("http_status", himds_error_http_status(error));
    add_some("error", himds_error_server_error(error, NULL));
    add_some("error_description", himds_error_server_error_description(error, NULL));
    add_some("correlation_id", himds_error_correlation_id(error, NULL));
    add_number("attempts", himds_error_attempts(error));
    if (himds_error_retry_after_ms(error) >= 0) add_number("retry_after", himds_error_retry_after_ms(error) / 1000);
    const char *body = himds_error_body(error, &length);
    add("repr", body, length);
    end();
    himds_error_free(error);
}

/* Seconds in decimal as milliseconds; false if no uint64_t can hold them. */
static bool milliseconds(const char *text, uint64_t *to) {
    double seconds = strtod(text, NULL);
    if (isnan(seconds) || seconds < 0 || seconds > 1e15) return false;
    *to = (uint64_t)ceil(seconds * 1000);
    return true;
}

static void new_client(const struct request *request) {
    static const struct {
        const char *name;
        int32_t (*set)(himds_options *, const char *, himds_error **);
    } texts[] = {{"source", himds_options_set_source},         {"endpoint", himds_options_set_endpoint},
                 {"token_dir", himds_options_set_token_dir},   {"client_id", himds_options_set_client_id},
                 {"object_id", himds_options_set_object_id},   {"resource_id", himds_options_set_resource_id},
                 {"user_agent", himds_options_set_user_agent}};
    bool bad = false;
    himds_options *options = NULL;
    himds_error *error = NULL;
    uint64_t time;
    himds_client_free(client);
    client = NULL;
    himds_cancel_free(kept);
    kept = NULL;
    int32_t status = himds_cancel_new(&kept, &error);
    if (status == HIMDS_OK) status = himds_options_new(&options, &error);
    for (size_t i = 0; status == HIMDS_OK && i < sizeof texts / sizeof *texts; i++) {
        const char *value = text(request, texts[i].name, &bad);
        if (value != NULL) status = texts[i].set(options, value, &error);
    }
    const char *value = text(request, "timeout", &bad);
    if (status == HIMDS_OK && value != NULL && !(bad |= !milliseconds(value, &time)))
        status = himds_options_set_timeout_ms(options, time, &error);
    value = text(request, "connect_timeout", &bad);
    if (status == HIMDS_OK && value != NULL && !(bad |= !milliseconds(value, &time)))
        status = himds_options_set_connect_timeout_ms(options, time, &error);
    value = text(request, "wait_for_service", &bad);
    if (status == HIMDS_OK && value != NULL && !(bad |= !milliseconds(value, &time)))
        status = himds_options_set_wait_for_service_ms(options, time, &error);
    value = text(request, "max_attempts", &bad);
    if (status == HIMDS_OK && value != NULL) {
        long long attempts = strtoll(value, NULL, 10);
        if (attempts < 0 || attempts > UINT32_MAX) bad = true;
        else status = himds_options_set_max_attempts(options, (uint32_t)attempts, &error);
    }
    for (size_t i = 0; status == HIMDS_OK && i < request->count; i++)
        if (strncmp(request->fields[i].name, "env.", 4) == 0)
            status = himds_options_set_environment(options, request->fields[i].name + 4,
                                                   text(request, request->fields[i].name, &bad), &error);
    if (status == HIMDS_OK && !bad) status = himds_client_new(options, &client, &error);
    himds_options_free(options);
    if (bad) {
        himds_error_free(error);
        impossible();
    } else if (status != HIMDS_OK) {
        failed(error);
    } else {
        begin("ok");
        end();
    }
}

struct canceller {
    himds_cancel *cancel;
    long long after_ms;
};

static void *cancel_later(void *argument) {
    struct canceller *canceller = argument;
    struct timespec time = {canceller->after_ms / 1000, (canceller->after_ms % 1000) * 1000000};
    nanosleep(&time, NULL);
    himds_cancel_cancel(canceller->cancel, NULL);
    return NULL;
}

static void answer_token(himds_token *token) {
    size_t length;
    char refresh[32] = "";
    const char *secret = himds_token_secret(token, &length);
    if (himds_token_refresh_on_ms(token) != 0)
        snprintf(refresh, sizeof refresh, "%llu", (unsigned long long)(himds_token_refresh_on_ms(token) / 1000));
    begin("ok");
    add("secret", secret, length);
    add_number("expires_on", (long long)(himds_token_expires_on_ms(token) / 1000));
    add_text("refresh_on", refresh);
    add_text("resource", himds_token_resource(token, NULL));
    add_text("token_type", himds_token_type(token, NULL));
    add_text("repr", "himds_token");
    end();
    himds_token_free(token);
}

static void answer_text(const char *name, himds_text *body) {
    size_t length;
    const char *data = himds_text_data(body, &length);
    begin("ok");
    add(name, data, length);
    end();
    himds_text_free(body);
}

/* A member as JSON; NULL if it is not a string. The caller frees it. */
static himds_text *json_string(const himds_metadata *metadata, const char *pointer) {
    himds_text *text = NULL;
    if (himds_metadata_get_json(metadata, pointer, &text, NULL) == HIMDS_OK && *himds_text_data(text, NULL) == '"') return text;
    himds_text_free(text);
    return NULL;
}

/* The tags as a JSON object, made of the JSON strings in tagsList; what is not a tag in it is left out. */
static void add_tags(const himds_metadata *metadata) {
    size_t used = 1, size = 1 << 16;
    char *json = malloc(size), at[64];
    himds_text *member = NULL;
    if (json == NULL) return;
    json[0] = '{';
    for (int i = 0; used + 8192 < size; i++) {
        snprintf(at, sizeof at, "/compute/tagsList/%d", i);
        if (himds_metadata_get_json(metadata, at, &member, NULL) != HIMDS_OK) break;
        himds_text_free(member);
        member = NULL;
        snprintf(at, sizeof at, "/compute/tagsList/%d/name", i);
        himds_text *name = json_string(metadata, at);
        snprintf(at, sizeof at, "/compute/tagsList/%d/value", i);
        himds_text *value = json_string(metadata, at);
        if (name != NULL && value != NULL)
            used += (size_t)snprintf(json + used, size - used, "%s%s:%s", used == 1 ? "" : ",", himds_text_data(name, NULL),
                                     himds_text_data(value, NULL));
        himds_text_free(name);
        himds_text_free(value);
    }
    json[used++] = '}';
    add("tags", json, used);
    free(json);
}

/* Whether the tags are the joined text of older api-versions alone: to take it apart is a convenience that C lacks. */
static bool has_joined_tags(const himds_metadata *metadata) {
    himds_text *list = NULL, *joined = NULL;
    bool joined_only = himds_metadata_get_json(metadata, "/compute/tagsList", &list, NULL) != HIMDS_OK &&
                       himds_metadata_get(metadata, "/compute/tags", &joined, NULL) == HIMDS_OK &&
                       *himds_text_data(joined, NULL) != '\0';
    himds_text_free(list);
    himds_text_free(joined);
    return joined_only;
}

static void answer_metadata(himds_metadata *metadata) {
    static const char *const members[][2] = {
        {"subscription_id", "/compute/subscriptionId"}, {"resource_group", "/compute/resourceGroupName"},
        {"location", "/compute/location"},              {"name", "/compute/name"},
        {"resource_id", "/compute/resourceId"},         {"vm_id", "/compute/vmId"},
        {"os_type", "/compute/osType"},                 {"environment", "/compute/azEnvironment"}};
    size_t length;
    const char *json = himds_metadata_json(metadata, &length);
    if (has_joined_tags(metadata)) {
        unsupported("C has no joined tags");
        himds_metadata_free(metadata);
        return;
    }
    begin("ok");
    add("json", json, length);
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        himds_text *kind = NULL, *value = NULL;
        if (himds_metadata_get_json(metadata, members[i][1], &kind, NULL) == HIMDS_OK && *himds_text_data(kind, NULL) == '"' &&
            himds_metadata_get(metadata, members[i][1], &value, NULL) == HIMDS_OK)
            add_some(members[i][0], himds_text_data(value, NULL));
        himds_text_free(kind);
        himds_text_free(value);
    }
    add_tags(metadata);
    end();
    himds_metadata_free(metadata);
}

static void copy(const char *resource, const char *size_text) {
    size_t size = size_text == NULL ? 0 : (size_t)strtoull(size_text, NULL, 10), length = 0;
    uint64_t expires_on = 0;
    char *buffer = malloc(size + 1);
    himds_error *error = NULL;
    if (buffer == NULL) abort();
    if (himds_client_copy_token(client, resource, buffer, size, &length, &expires_on, &error) != HIMDS_OK) {
        failed(error);
    } else {
        begin("ok");
        add("secret", buffer, length);
        add_number("length", (long long)length);
        add_number("expires_on", (long long)(expires_on / 1000));
        end();
    }
    free(buffer);
}

static void source(void) {
    begin("ok");
    add_text("source", himds_client_source(client, NULL));
    add_text("reason", himds_client_source_reason(client, NULL));
    add_text("endpoint", himds_client_endpoint(client, NULL));
    end();
}

/* The calls that talk to the service, with what limits them. */
static void call(const struct request *request, const himds_request *limits) {
    bool bad = false;
    himds_token *token = NULL;
    himds_metadata *metadata = NULL;
    himds_text *body = NULL;
    himds_error *error = NULL;
    int32_t status;
    const char *operation = request->operation, *resource = text(request, "resource", &bad);
    const char *pointer = text(request, "pointer", &bad), *path = text(request, "path", &bad);
    const char *api_version = text(request, "api_version", &bad), *body_name = "json";
    if (resource == NULL) resource = "";
    if (bad) {
        impossible();
        return;
    }

    if (strcmp(operation, "token") == 0) {
        status = himds_client_get_token_with(client, resource, limits, &token, &error);
    } else if (strcmp(operation, "peek") == 0) {
        status = himds_client_peek_token(client, resource, &token, &error);
        if (status == HIMDS_OK && token == NULL) {
            begin("ok");
            add_text("none", "1");
            end();
            return;
        }
    } else if (strcmp(operation, "claims") == 0) {
        status = himds_client_get_token(client, resource, &token, &error);
        if (status == HIMDS_OK) status = himds_token_claims(token, &body, &error);
        himds_token_free(token);
        token = NULL;
    } else if (strcmp(operation, "metadata") == 0) {
        status = himds_client_get_metadata_with(client, limits, &metadata, &error);
    } else if (strcmp(operation, "pointer") == 0) {
        status = himds_client_get_metadata_with(client, limits, &metadata, &error);
        if (status == HIMDS_OK) status = himds_metadata_get_json(metadata, pointer == NULL ? "" : pointer, &body, &error);
        himds_metadata_free(metadata);
        metadata = NULL;
    } else if (strcmp(operation, "get") == 0) {
        body_name = "body";
        status = himds_client_get(client, path == NULL ? "" : path, api_version, limits, &body, &error);
    } else if (strcmp(operation, "diagnose") == 0) {
        status = himds_client_diagnose(client, resource, limits, &body, &error);
    } else if (strcmp(operation, "clear_cache") == 0) {
        status = himds_client_clear_cache(client, &error);
    } else if (strcmp(operation, "cancel") == 0) {
        status = himds_cancel_cancel(kept, &error);
    } else {
        unsupported("C has no such operation");
        return;
    }
    if (status != HIMDS_OK) failed(error);
    else if (token != NULL) answer_token(token);
    else if (metadata != NULL) answer_metadata(metadata);
    else if (body != NULL) answer_text(body_name, body);
    else begin("ok"), end();
}

static void limited_call(const struct request *request) {
    bool bad = false;
    himds_request *limits = NULL;
    himds_error *error = NULL;
    struct canceller canceller = {0};
    pthread_t thread;
    uint64_t time;
    const char *claims = text(request, "claims", &bad), *timeout = text(request, "timeout", &bad);
    const char *force = text(request, "force_refresh", &bad), *cancel_after = text(request, "cancel_after_ms", &bad);
    const char *cancel = text(request, "cancel", &bad);
    int32_t status = himds_request_new(&limits, &error);
    if (status == HIMDS_OK && force != NULL) status = himds_request_set_force_refresh(limits, strcmp(force, "1") == 0, &error);
    if (status == HIMDS_OK && claims != NULL) status = himds_request_set_claims(limits, claims, &error);
    if (status == HIMDS_OK && timeout != NULL && !(bad |= !milliseconds(timeout, &time)))
        status = himds_request_set_deadline_ms(limits, time, &error);
    if (status == HIMDS_OK && cancel != NULL && strcmp(cancel, "1") == 0)
        status = himds_request_set_cancel(limits, kept, &error);
    if (status == HIMDS_OK && !bad && cancel_after != NULL) {
        canceller.after_ms = strtoll(cancel_after, NULL, 10);
        status = himds_cancel_new(&canceller.cancel, &error);
        if (status == HIMDS_OK) status = himds_request_set_cancel(limits, canceller.cancel, &error);
        if (canceller.after_ms == 0) himds_cancel_cancel(canceller.cancel, NULL);
        if (pthread_create(&thread, NULL, cancel_later, &canceller) != 0) abort();
    }
    if (bad) himds_error_free(error), impossible();
    else if (status != HIMDS_OK) failed(error);
    else call(request, limits);
    if (canceller.cancel != NULL) pthread_join(thread, NULL);
    himds_cancel_free(canceller.cancel);
    himds_request_free(limits);
}

int main(void) {
    static struct request request;
    char *line = NULL;
    size_t size = 0;
    while (getline(&line, &size, stdin) > 0) {
        parse(line, &request);
        bool bad = false;
        if (strcmp(request.operation, "exit") == 0) break;
        if (strcmp(request.operation, "client") == 0) {
            new_client(&request);
        } else if (strcmp(request.operation, "source") == 0) {
            source();
        } else if (strcmp(request.operation, "copy") == 0) {
            const char *resource = text(&request, "resource", &bad), *wanted = text(&request, "size", &bad);
            if (bad) impossible();
            else copy(resource == NULL ? "" : resource, wanted);
        } else if (strcmp(request.operation, "close") == 0) {
            unsupported("a client that is freed cannot be called in C");
        } else {
            limited_call(&request);
        }
    }
    free(line);
    himds_client_free(client);
    himds_cancel_free(kept);
    return 0;
}
