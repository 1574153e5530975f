/*
 * A token for a resource, from the command line:
 *
 *     cc token.c $(pkg-config --cflags --libs himds) -o token && ./token https://vault.azure.net
 */
#include <stdio.h>
#include <time.h>

#include <himds.h>

int main(int argc, char **argv) {
    const char *resource = argc > 1 ? argv[1] : "https://management.azure.com";
    /* snippet: token */
    himds_client *client = NULL;
    himds_token *token = NULL;
    himds_error *error = NULL;

    if (himds_client_new(NULL /* defaults */, &client, &error) != HIMDS_OK ||
        himds_client_get_token(client, resource, &token, &error) != HIMDS_OK) {
        fprintf(stderr, "%s\n%s\n", himds_error_message(error, NULL), himds_error_hint(error, NULL));
        himds_client_free(client); /* NULL is fine */
        himds_error_free(error);
        return 1;
    }
    /* end of snippet */

    time_t expires_on = (time_t)(himds_token_expires_on_ms(token) / 1000);
    char text[32];
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", gmtime(&expires_on));
    fprintf(stderr, "a token from %s, good until %s\n", himds_client_source(client, NULL), text);
    printf("%s\n", himds_token_secret(token, NULL)); /* borrowed from token */

    himds_token_free(token);
    himds_client_free(client);
    return 0;
}
