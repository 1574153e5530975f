/*
 * fork() at every step of another thread's call. A child inherits what that thread held at that moment, but not the
 * thread to release it: whatever waits for a lock or a `Once` in the child waits forever.
 *
 * Chance alone meets a window of microseconds once in thousands of forks. So the test has its own malloc(), which holds
 * the thread at each allocation of its call, among them those inside whatever is made once, and forks there.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness.h"

static _Thread_local bool watched;
static atomic_bool finished;
static sem_t stopped, go_on;

/* glibc's own, to which free() belongs. */
void *__libc_malloc(size_t size);

void *malloc(size_t size) {
    if (watched) {
        sem_post(&stopped);
        sem_wait(&go_on);
    }
    return __libc_malloc(size);
}

/* The first handle of a fresh token: the token is in the client's cache before its texts are made. */
static void *refresh(void *argument) {
    himds_request *request = NULL;
    himds_token *token = NULL;
    himds_request_new(&request, NULL);
    himds_request_set_force_refresh(request, 1, NULL);
    watched = true;
    int32_t status = himds_client_get_token_with(argument, VAULT, request, &token, NULL);
    watched = false;
    CHECK_STATUS(status, HIMDS_OK);
    himds_token_free(token);
    himds_request_free(request);
    atomic_store(&finished, true);
    sem_post(&stopped);
    return NULL;
}

/* In the child: no output, and an alarm ends what hangs. */
static int child(himds_client *client) {
    himds_token *token = NULL;
    alarm(10);
    if (himds_client_peek_token(client, VAULT, &token, NULL) != HIMDS_OK || token == NULL) return 1;
    if (*himds_token_secret(token, NULL) == '\0') return 2;
    himds_token_free(token);
    if (himds_client_get_token(client, ARM, &token, NULL) != HIMDS_OK) return 3;
    himds_token_free(token);
    himds_client_free(client);
    return 0;
}

static void fork_at_every_step_of_a_refresh(void) {
    himds_client *client = client_for("himds");
    himds_token *token = NULL;
    pthread_t thread;
    CHECK_STATUS(himds_client_get_token(client, VAULT, &token, NULL), HIMDS_OK);
    himds_token_free(token);
    sem_init(&stopped, 0, 0);
    sem_init(&go_on, 0, 0);
    CHECK(pthread_create(&thread, NULL, refresh, client) == 0);
    int steps = 0;
    for (bool good = true; sem_wait(&stopped) == 0 && !atomic_load(&finished); sem_post(&go_on)) {
        if (!good) continue; /* one hanging child tells enough */
        steps++;
        pid_t pid = fork();
        if (pid == 0) _exit(child(client));
        int status = -1;
        CHECK(waitpid(pid, &status, 0) == pid);
        good = CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
        if (!good) printf("step %d: wait status %#x\n", steps, status);
    }
    pthread_join(thread, NULL);
    /* A handshake allocates more often than this; fewer steps would mean that malloc() is not the one above. */
    CHECK(steps > 20);
    printf("forked at %d steps\n", steps);
    himds_client_free(client);
}

int main(void) {
    RUN(fork_at_every_step_of_a_refresh);
    return finish();
}
