/*
 * What the machine is in Azure, and its tags:
 *
 *     cc metadata.c $(pkg-config --cflags --libs himds) -o metadata && ./metadata
 */
#include <stdio.h>

#include <himds.h>

/* Prints a member; on Arc-enabled servers many are empty, and a missing member is not a failure. */
static int print(const himds_metadata *metadata, const char *label, const char *pointer) {
    himds_text *value = NULL;
    himds_error *error = NULL;
    int32_t status = himds_metadata_get(metadata, pointer, &value, &error);
    if (status == HIMDS_OK)
        printf("%-15s %s\n", label, himds_text_data(value, NULL));
    else if (status != HIMDS_NOT_FOUND)
        fprintf(stderr, "%s\n", himds_error_message(error, NULL));
    himds_text_free(value);
    himds_error_free(error);
    return status == HIMDS_OK || status == HIMDS_NOT_FOUND ? 0 : 1;
}

/* Reads tags from tagsList: in the joined text of `tags`, a value that contains `:` or `;` is ambiguous. */
static void print_tags(const himds_metadata *metadata) {
    for (int i = 0;; i++) {
        char name_at[64], value_at[64];
        snprintf(name_at, sizeof name_at, "/compute/tagsList/%d/name", i);
        snprintf(value_at, sizeof value_at, "/compute/tagsList/%d/value", i);
        himds_text *name = NULL, *value = NULL;
        int32_t status = himds_metadata_get(metadata, name_at, &name, NULL);
        if (status == HIMDS_OK && himds_metadata_get(metadata, value_at, &value, NULL) == HIMDS_OK)
            printf("tag             %s = %s\n", himds_text_data(name, NULL), himds_text_data(value, NULL));
        himds_text_free(name);
        himds_text_free(value);
        if (status != HIMDS_OK) return;
    }
}

int main(void) {
    himds_client *client = NULL;
    himds_metadata *metadata = NULL;
    himds_error *error = NULL;
    int failed = 1;

    if (himds_client_new(NULL, &client, &error) != HIMDS_OK ||
        himds_client_get_metadata(client, &metadata, &error) != HIMDS_OK) {
        fprintf(stderr, "%s\n%s\n", himds_error_message(error, NULL), himds_error_hint(error, NULL));
    } else {
        failed = print(metadata, "name", "/compute/name") | print(metadata, "location", "/compute/location") |
                 print(metadata, "subscription", "/compute/subscriptionId") |
                 print(metadata, "resource group", "/compute/resourceGroupName") |
                 print(metadata, "resource id", "/compute/resourceId");
        print_tags(metadata);
    }

    himds_error_free(error);
    himds_metadata_free(metadata);
    himds_client_free(client);
    return failed;
}
