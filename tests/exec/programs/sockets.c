/* What a program may do around connect(2). Each case prints what is wrong, or ends with 0.
 * usage: sockets CASE */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHECK(condition)                                                                  \
    do {                                                                                  \
        if (!(condition)) {                                                               \
            printf("%s:%d: %s (errno %d: %s)\n", __func__, __LINE__, #condition, errno,   \
                   strerror(errno));                                                      \
            exit(1);                                                                      \
        }                                                                                 \
    } while (0)

static struct sockaddr_in metadata_service(void) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(80)};
    address.sin_addr.s_addr = inet_addr("169.254.169.254");
    return address;
}

static int to_metadata_service(int fd) {
    struct sockaddr_in address = metadata_service();
    return connect(fd, (struct sockaddr *)&address, sizeof address);
}

static void wait_for(int fd, short what) {
    struct pollfd one = {.fd = fd, .events = what};
    CHECK(poll(&one, 1, 20000) == 1);
}

/* A request on a connected socket, blocking or not. */
static void request(int fd) {
    static const char text[] = "GET /metadata/versions HTTP/1.1\r\nHost: 169.254.169.254\r\n"
                               "Metadata: true\r\nConnection: close\r\n\r\n";
    wait_for(fd, POLLOUT);
    CHECK(send(fd, text, sizeof text - 1, MSG_NOSIGNAL) == (ssize_t)(sizeof text - 1));
    char answer[4096];
    wait_for(fd, POLLIN);
    CHECK(recv(fd, answer, sizeof answer, 0) > 12);
    CHECK(memcmp(answer, "HTTP/1.1 200", 12) == 0);
}

static int tcp(int flags) {
    int fd = socket(AF_INET, SOCK_STREAM | flags, 0);
    CHECK(fd >= 0);
    return fd;
}

static void blocking(void) {
    int fd = tcp(SOCK_CLOEXEC);
    CHECK(to_metadata_service(fd) == 0);
    CHECK((fcntl(fd, F_GETFL) & O_NONBLOCK) == 0);
    CHECK((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
    request(fd);
}

static void twice(void) {
    int fd = tcp(0);
    CHECK(to_metadata_service(fd) == 0);
    CHECK(to_metadata_service(fd) == -1 && errno == EISCONN);
    request(fd);
}

static void nonblocking(void) {
    int fd = tcp(SOCK_NONBLOCK);
    CHECK(to_metadata_service(fd) == 0 || errno == EINPROGRESS);
    CHECK((fcntl(fd, F_GETFL) & O_NONBLOCK) != 0);
    CHECK((fcntl(fd, F_GETFD) & FD_CLOEXEC) == 0);
    wait_for(fd, POLLOUT);
    int error = -1;
    socklen_t length = sizeof error;
    CHECK(getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) == 0 && error == 0);
    request(fd);
}

/* Boost.Asio, Netty's epoll and others register a socket before they connect it. */
static void epoll_before_connect(void) {
    int fd = tcp(SOCK_NONBLOCK), poller = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLET, .data.fd = fd};
    CHECK(epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event) == 0);
    CHECK(to_metadata_service(fd) == 0 || errno == EINPROGRESS);
    struct epoll_event got = {0};
    do {
        CHECK(epoll_wait(poller, &got, 1, 20000) == 1);
    } while (!(got.events & EPOLLOUT));
    request(fd);
    CHECK(epoll_ctl(poller, EPOLL_CTL_DEL, fd, NULL) == 0);
}

static void options_stay(void) {
    int fd = tcp(0), on = 1, got = 0;
    struct timeval limit = {.tv_sec = 7}, read_back = {0};
    CHECK(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) == 0);
    CHECK(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0);
    int copy = dup(fd);
    CHECK(to_metadata_service(fd) == 0);
    socklen_t length = sizeof read_back;
    CHECK(getsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &read_back, &length) == 0 && read_back.tv_sec == 7);
    length = sizeof got;
    CHECK(getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &got, &length) == 0 && got == 1);
    request(copy);
}

static void v4_mapped(void) {
    int fd = socket(AF_INET6, SOCK_STREAM, 0);
    CHECK(fd >= 0);
    struct sockaddr_in6 address = {.sin6_family = AF_INET6, .sin6_port = htons(80)};
    CHECK(inet_pton(AF_INET6, "::ffff:169.254.169.254", &address.sin6_addr) == 1);
    CHECK(connect(fd, (struct sockaddr *)&address, sizeof address) == 0);
    struct sockaddr_storage peer;
    socklen_t length = sizeof peer;
    CHECK(getpeername(fd, (struct sockaddr *)&peer, &length) == 0 && peer.ss_family == AF_INET6);
    request(fd);
}

static void wrong_family(void) {
    int wrong = socket(AF_INET6, SOCK_STREAM, 0);
    CHECK(to_metadata_service(wrong) == -1 && errno == EINVAL);
}

/* What is not for the metadata service is as it is without us; OUTSIDE says what that is. */
static void untouched(void) {
    int udp = socket(AF_INET, SOCK_DGRAM, 0);
    int result = to_metadata_service(udp), error = result == 0 ? 0 : errno;
    const char *outside = getenv("OUTSIDE");
    CHECK(outside != NULL && error == atoi(outside));
    int type = 0;
    socklen_t length = sizeof type;
    CHECK(getsockopt(udp, SOL_SOCKET, SO_TYPE, &type, &length) == 0 && type == SOCK_DGRAM);

    struct sockaddr_un local = {.sun_family = AF_UNIX, .sun_path = "/nowhere/at/all"};
    CHECK(connect(socket(AF_UNIX, SOCK_STREAM, 0), (struct sockaddr *)&local, sizeof local) == -1 && errno == ENOENT);

    struct sockaddr unspecified = {.sa_family = AF_UNSPEC};
    CHECK(connect(udp, &unspecified, sizeof unspecified) == 0);
    int stream = tcp(0);
    CHECK(to_metadata_service(stream) == 0);
    CHECK(connect(stream, &unspecified, sizeof unspecified) == 0);

    struct sockaddr_in closed = metadata_service();
    closed.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    closed.sin_port = htons(1);
    CHECK(connect(tcp(0), (struct sockaddr *)&closed, sizeof closed) == -1 && errno == ECONNREFUSED);
}

static void bad_pointers(void) {
    struct sockaddr_in address = metadata_service();
    int fd = tcp(0);
    CHECK(connect(fd, NULL, sizeof address) == -1 && errno == EFAULT);
    CHECK(connect(fd, (struct sockaddr *)8, sizeof address) == -1 && errno == EFAULT);
    CHECK(connect(fd, (struct sockaddr *)-16L, sizeof address) == -1 && errno == EFAULT);
    char *pages = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(pages != MAP_FAILED && munmap(pages + 4096, 4096) == 0);
    memcpy(pages + 4096 - 8, &address, 8);
    CHECK(connect(fd, (struct sockaddr *)(pages + 4096 - 8), sizeof address) == -1 && errno == EFAULT);
    for (int length = -1; length < 16; length++)
        CHECK(connect(fd, (struct sockaddr *)&address, (socklen_t)length) == -1 && errno == EINVAL);
    char large[256] = {0};
    memcpy(large, &address, sizeof address);
    CHECK(connect(fd, (struct sockaddr *)large, 129) == -1 && errno == EINVAL);
    CHECK(connect(fd, (struct sockaddr *)large, 128) == 0);
    request(fd);
}

static void bad_descriptors(void) {
    int fd = tcp(0), files[2];
    close(fd);
    CHECK(to_metadata_service(fd) == -1 && errno == EBADF);
    CHECK(to_metadata_service(-1) == -1 && errno == EBADF);
    CHECK(to_metadata_service(1 << 30) == -1 && errno == EBADF);
    CHECK(pipe(files) == 0);
    CHECK(to_metadata_service(files[0]) == -1 && errno == ENOTSOCK);
    int listener = tcp(0);
    CHECK(listen(listener, 1) == 0);
    CHECK(to_metadata_service(listener) == -1 && errno == EISCONN);
}

/* A thread closes the descriptor, or another changes the address, while the call is under way: the call may fail or
 * succeed, but neither hangs nor leads to anything but the two addresses. */
static struct sockaddr_in raced;
static atomic_bool over;
static atomic_int descriptor = -1;

static void *change_address(void *unused) {
    struct sockaddr_in one = metadata_service(), other = one;
    other.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    other.sin_port = htons(1);
    while (!over) {
        raced = other;
        atomic_thread_fence(memory_order_seq_cst);
        raced = one;
        atomic_thread_fence(memory_order_seq_cst);
    }
    return unused;
}

static void *close_descriptor(void *unused) {
    (void)unused;
    while (!over) {
        int fd = atomic_exchange(&descriptor, -1);
        if (fd >= 0) close(fd);
    }
    return NULL;
}

static void races(void) {
    pthread_t writer, closer;
    raced = metadata_service();
    CHECK(pthread_create(&writer, NULL, change_address, NULL) == 0);
    int connected = 0;
    for (int i = 0; i < 2000; i++) {
        int fd = tcp(0);
        if (connect(fd, (struct sockaddr *)&raced, sizeof raced) == 0) {
            struct sockaddr_in peer;
            socklen_t length = sizeof peer;
            CHECK(getpeername(fd, (struct sockaddr *)&peer, &length) == 0);
            CHECK(peer.sin_addr.s_addr == htonl(INADDR_LOOPBACK) && peer.sin_port != htons(1));
            connected++;
        } else {
            CHECK(errno == ECONNREFUSED || errno == ENETUNREACH || errno == EHOSTUNREACH || errno == EADDRNOTAVAIL);
        }
        close(fd);
    }
    over = true;
    pthread_join(writer, NULL);
    CHECK(connected > 0);
    over = false;
    CHECK(pthread_create(&closer, NULL, close_descriptor, NULL) == 0);
    for (int i = 0; i < 500; i++) {
        int fd = tcp(0);
        descriptor = fd;
        (void)to_metadata_service(fd);
        fd = atomic_exchange(&descriptor, -1);
        if (fd >= 0) close(fd);
    }
    over = true;
    pthread_join(closer, NULL);
    blocking();
}

static void on_alarm(int signal) { (void)signal; }

/* Signals with handlers that restart calls, as Go's runtime sends them. */
static void interrupted(void) {
    struct sigaction action = {.sa_handler = on_alarm, .sa_flags = SA_RESTART};
    CHECK(sigaction(SIGALRM, &action, NULL) == 0);
    struct itimerval often = {{0, 200}, {0, 200}};
    CHECK(setitimer(ITIMER_REAL, &often, NULL) == 0);
    for (int i = 0; i < 500; i++) {
        int fd = tcp(0);
        CHECK(to_metadata_service(fd) == 0);
        close(fd);
    }
}

static void many_children(void) {
    for (int i = 0; i < 200; i++) {
        pid_t child = fork();
        CHECK(child >= 0);
        if (child == 0) {
            blocking();
            exit(0);
        }
    }
    for (int i = 0; i < 200; i++) {
        int status;
        CHECK(wait(&status) > 0);
        CHECK(status == 0);
    }
}

/* With a reason to give: connect once told, and tell what it said. */
static void on_command(void) {
    char line[16];
    printf("ready\n");
    fflush(stdout);
    CHECK(fgets(line, sizeof line, stdin) != NULL);
    int fd = tcp(0);
    int result = to_metadata_service(fd);
    printf("%d\n", result == 0 ? 0 : errno);
}

int main(int count, char **arguments) {
    static const struct { const char *name; void (*run)(void); } cases[] = {
        {"blocking", blocking}, {"twice", twice}, {"nonblocking", nonblocking}, {"epoll-before-connect", epoll_before_connect},
        {"options-stay", options_stay}, {"v4-mapped", v4_mapped}, {"wrong-family", wrong_family}, {"untouched", untouched},
        {"bad-pointers", bad_pointers}, {"bad-descriptors", bad_descriptors}, {"races", races},
        {"interrupted", interrupted}, {"many-children", many_children}, {"on-command", on_command},
    };
    for (size_t i = 0; count == 2 && i < sizeof cases / sizeof *cases; i++) {
        if (strcmp(cases[i].name, arguments[1]) == 0) {
            cases[i].run();
            return 0;
        }
    }
    fprintf(stderr, "usage: sockets CASE\n");
    return 2;
}
