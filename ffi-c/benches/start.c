/* From start to token with the library, as little as a program can do. */
#include <stdio.h>
#include <stdlib.h>

#include <himds.h>

int main(void) {
    himds_options *options;
    himds_client *client;
    himds_token *token;
    size_t length;
    if (himds_options_new(&options, NULL) != HIMDS_OK ||
        himds_options_set_token_dir(options, getenv("HIMDS_EMULATOR_TOKEN_DIR"), NULL) != HIMDS_OK ||
        himds_client_new(options, &client, NULL) != HIMDS_OK ||
        himds_client_get_token(client, "https://vault.azure.net", &token, NULL) != HIMDS_OK)
        return 1;
    himds_token_secret(token, &length);
    printf("%zu\n", length);
    himds_token_free(token);
    himds_client_free(client);
    himds_options_free(options);
    return 0;
}
