/* The token alone on standard output: token TOKEN_DIRECTORY RESOURCE. */
#include <stdio.h>

#include <himds.h>

int main(int argc, char **argv) {
    himds_options *options = NULL;
    himds_client *client = NULL;
    himds_token *token = NULL;
    himds_error *error = NULL;
    int status = 1;

    if (argc != 3) {
        fprintf(stderr, "usage: %s TOKEN_DIRECTORY RESOURCE\n", argv[0]);
        return 2;
    }
    if (himds_options_new(&options, &error) == HIMDS_OK &&
        himds_options_set_token_dir(options, argv[1], &error) == HIMDS_OK &&
        himds_client_new(options, &client, &error) == HIMDS_OK &&
        himds_client_get_token(client, argv[2], &token, &error) == HIMDS_OK) {
        puts(himds_token_secret(token, NULL)); /* borrowed from token */
        status = 0;
    } else {
        fprintf(stderr, "%s\n%s\n", himds_error_message(error, NULL), himds_error_hint(error, NULL));
    }
    himds_token_free(token);
    himds_client_free(client);
    himds_options_free(options);
    himds_error_free(error);
    return status;
}
