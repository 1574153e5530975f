/* Requests a token over and over, and prints the microseconds that one takes on average.
 * usage: client own|kept|connect|hold COUNT ADDRESS PORT
 *   own      each request on a connection of its own      kept   all on one
 *   connect  the call of `connect` alone                  hold   so many connections at once; waits for the end of stdin
 * In mode env of `himds exec` the port, the path and the secret are in variables. */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static struct sockaddr_in address = {.sin_family = AF_INET};
static char request[2048], answer[1 << 16];

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static int opened(double *spent) {
    int connection = socket(AF_INET, SOCK_STREAM, 0), on = 1;
    double start = now();
    if (connect(connection, (struct sockaddr *)&address, sizeof address) != 0) fail("connect");
    *spent += now() - start;
    setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return connection;
}

static void ask(int connection) {
    size_t length = strlen(request), used = 0, wanted = sizeof answer - 1;
    if (send(connection, request, length, MSG_NOSIGNAL) != (ssize_t)length) fail("send");
    for (char *body = NULL; used < wanted;) {
        ssize_t got = read(connection, answer + used, sizeof answer - 1 - used);
        if (got <= 0) fail("read");
        used += (size_t)got;
        answer[used] = '\0';
        if (body == NULL && (body = strstr(answer, "\r\n\r\n")) != NULL) {
            const char *size = strstr(answer, "Content-Length: ");
            wanted = (size_t)(body + 4 - answer) + (size_t)(size ? atoi(size + 16) : 0);
        }
    }
    if (strncmp(answer, "HTTP/1.1 200", 12) != 0 || strstr(answer, "access_token") == NULL) {
        fprintf(stderr, "%s\n", answer);
        exit(1);
    }
}

int main(int arguments, char **argument) {
    if (arguments != 5) return 2;
    int count = atoi(argument[2]), port = atoi(argument[4]), kept = strcmp(argument[1], "kept") == 0, hold = strcmp(argument[1], "hold") == 0;
    const char *secret = getenv("IDENTITY_HEADER"), *close_it = kept || hold ? "" : "Connection: close\r\n";
    if (secret != NULL) {
        port = atoi(strrchr(getenv("IDENTITY_ENDPOINT"), ':') + 1);
        snprintf(request, sizeof request, "GET /MSI/token?api-version=2019-08-01&resource=https://vault.azure.net HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nX-IDENTITY-HEADER: %s\r\n%s\r\n", port, secret, close_it);
    } else {
        snprintf(request, sizeof request, "GET /metadata/identity/oauth2/token?api-version=2018-02-01&resource=https://vault.azure.net HTTP/1.1\r\nHost: 169.254.169.254\r\nMetadata: true\r\n%s\r\n", close_it);
    }
    inet_pton(AF_INET, secret != NULL ? "127.0.0.1" : argument[3], &address.sin_addr);
    address.sin_port = htons((unsigned short)port);
    double connecting = 0, start;
    if (hold) {
        for (int i = 0; i < count; i++) ask(opened(&connecting));
        puts("ready");
        fflush(stdout);
        while (getchar() != EOF) {}
        return 0;
    }
    int connection = opened(&connecting);
    ask(connection);
    connecting = 0;
    start = now();
    for (int i = 0; i < count; i++) {
        if (!kept) {
            close(connection);
            connection = opened(&connecting);
        }
        ask(connection);
    }
    printf("%f\n", (strcmp(argument[1], "connect") == 0 ? connecting : now() - start) / count);
    return 0;
}
