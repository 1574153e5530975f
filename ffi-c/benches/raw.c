/* The same handshake by raw sockets, as little as C can do: what a program with the library is measured against. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static char answer[1 << 16];

/* One request on the connection; reads head and body by Content-Length. */
static void ask(int connection, const char *key) {
    char request[1024], *body = NULL;
    int length = snprintf(request, sizeof request,
                          "GET /metadata/identity/oauth2/token?api-version=2020-06-01&resource=https%%3A%%2F%%2Fvault.azure.net HTTP/1.1\r\n"
                          "Host: 127.0.0.1\r\nMetadata: true\r\n%s%s%s\r\n", key ? "Authorization: Basic " : "", key ? key : "", key ? "\r\n" : "");
    if (send(connection, request, (size_t)length, MSG_NOSIGNAL) != length) exit(1);
    size_t used = 0, wanted = sizeof answer - 1;
    while (used < wanted) {
        ssize_t got = read(connection, answer + used, sizeof answer - 1 - used);
        if (got <= 0) exit(1);
        used += (size_t)got;
        answer[used] = '\0';
        if (body == NULL && (body = strstr(answer, "\r\n\r\n")) != NULL) {
            const char *size = strcasestr(answer, "\r\ncontent-length:");
            wanted = (size_t)(body + 4 - answer) + (size_t)(size ? atoi(size + 17) : 0);
        }
    }
}

int main(void) {
    const char *endpoint = getenv("IMDS_ENDPOINT");
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    address.sin_port = htons((unsigned short)atoi(strrchr(endpoint, ':') + 1));
    int connection = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(connection, (struct sockaddr *)&address, sizeof address) != 0) return 1;
    ask(connection, NULL);
    char *path = strstr(answer, "realm=") + 6, key[4097];
    path[strcspn(path, "\r\n")] = '\0';
    FILE *file = fopen(path, "r");
    if (file == NULL) return 1;
    size_t length = fread(key, 1, sizeof key - 1, file);
    key[length] = '\0';
    key[strcspn(key, "\r\n")] = '\0';
    fclose(file);
    ask(connection, key);
    const char *token = strstr(answer, "\"access_token\":\"");
    if (token == NULL) return 1;
    printf("%zu\n", strcspn(token + 16, "\""));
    close(connection);
    return 0;
}
