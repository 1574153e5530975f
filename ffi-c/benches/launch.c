/* Runs a program and says what it cost, without the cost of a launcher: the peak that the kernel reports for a child
   starts at that of its parent, so this program is a small one. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv) {
    struct rusage usage;
    int status = argc;
    pid_t child = fork();
    if (child == 0) {
        dup2(open("/dev/null", O_WRONLY), STDOUT_FILENO);
        execv(argv[1], argv + 1);
        _exit(127);
    }
    if (wait4(child, &status, 0, &usage) != child || status != 0) return 1;
    printf("%ld kB %ld faults\n", usage.ru_maxrss, usage.ru_minflt);
    return 0;
}
