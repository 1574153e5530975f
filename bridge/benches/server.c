/* As little of a server as answers the same requests: every request gets the bytes of a file, whatever it asks.
 * usage: server FILE      prints its port */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int count, char **arguments) {
    static char answer[1 << 16], request[1 << 13];
    FILE *file = count == 2 ? fopen(arguments[1], "r") : NULL;
    if (file == NULL) return 2;
    size_t length = fread(answer, 1, sizeof answer, file);
    int listener = socket(AF_INET, SOCK_STREAM, 0), events = epoll_create1(0), on = 1;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    if (bind(listener, (struct sockaddr *)&address, size) != 0 || listen(listener, 4096) != 0) return 1;
    getsockname(listener, (struct sockaddr *)&address, &size);
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);
    epoll_ctl(events, EPOLL_CTL_ADD, listener, &(struct epoll_event){.events = EPOLLIN, .data.fd = listener});
    for (;;) {
        struct epoll_event event;
        if (epoll_wait(events, &event, 1, -1) != 1) continue;
        int connection = event.data.fd;
        if (connection == listener) {
            connection = accept(listener, NULL, NULL);
            setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
            epoll_ctl(events, EPOLL_CTL_ADD, connection, &(struct epoll_event){.events = EPOLLIN, .data.fd = connection});
            continue;
        }
        /* Requests of these clients arrive in one piece. */
        ssize_t got = read(connection, request, sizeof request);
        if (got <= 0 || send(connection, answer, length, MSG_NOSIGNAL) != (ssize_t)length ||
            memmem(request, (size_t)got, "Connection: close", 17) != NULL) {
            close(connection);
        }
    }
}
