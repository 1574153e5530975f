/*
 * A GET with the machine's token as bearer, by libcurl:
 *
 *     cc libcurl.c $(pkg-config --cflags --libs himds libcurl) -o get
 *     ./get https://vault.azure.net "https://example.vault.azure.net/secrets/name?api-version=7.4"
 *
 * CURL_CA_BUNDLE names a file of certificates, as it does for the program `curl`.
 */
#include <stdio.h>
#include <stdlib.h>

#include <curl/curl.h>
#include <himds.h>

/* libcurl copies the text of CURLOPT_XOAUTH2_BEARER, so the token may be freed afterwards. */
static int get(const char *url, const himds_token *token) {
    CURL *curl = curl_easy_init();
    if (curl == NULL) return 1;
    char problem[CURL_ERROR_SIZE] = "";
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_HTTPAUTH, CURLAUTH_BEARER);
    curl_easy_setopt(curl, CURLOPT_XOAUTH2_BEARER, himds_token_secret(token, NULL));
    /* No redirect is followed (libcurl's default): a token is for one host only. */
    curl_easy_setopt(curl, CURLOPT_FAILONERROR, 1L);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, 30L);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, problem);
    if (getenv("CURL_CA_BUNDLE") != NULL) curl_easy_setopt(curl, CURLOPT_CAINFO, getenv("CURL_CA_BUNDLE"));
    CURLcode code = curl_easy_perform(curl); /* the body goes to stdout */
    if (code != CURLE_OK) fprintf(stderr, "%s: %s\n", url, *problem ? problem : curl_easy_strerror(code));
    curl_easy_cleanup(curl);
    return code == CURLE_OK ? 0 : 1;
}

int main(int argc, char **argv) {
    if (argc != 3) {
        fprintf(stderr, "usage: %s RESOURCE URL\n", argv[0]);
        return 2;
    }
    himds_client *client = NULL;
    himds_token *token = NULL;
    himds_error *error = NULL;
    int failed = 1;

    curl_global_init(CURL_GLOBAL_DEFAULT);
    if (himds_client_new(NULL, &client, &error) != HIMDS_OK ||
        himds_client_get_token(client, argv[1], &token, &error) != HIMDS_OK)
        fprintf(stderr, "%s\n%s\n", himds_error_message(error, NULL), himds_error_hint(error, NULL));
    else
        failed = get(argv[2], token);

    himds_error_free(error);
    himds_token_free(token);
    himds_client_free(client);
    curl_global_cleanup();
    return failed;
}
