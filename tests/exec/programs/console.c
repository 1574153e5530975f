/* Ctrl+C on a console of Windows.
 * usage: console COMMAND   starts the command on a console of its own; once it has printed a line, sends Ctrl+C to everybody
 *                          on the console; prints what the command ended with
 *        console wait      prints a line, waits for Ctrl+C, and goes on: ends with 7
 * Ctrl+Break is not here: Wine sends it to nobody. */
#include <stdio.h>
#include <string.h>
#include <windows.h>

static HANDLE came;

static BOOL WINAPI on_event(DWORD event) {
    (void)event;
    SetEvent(came);
    return TRUE;
}

static int fail(const char *what) {
    fprintf(stderr, "%s: error %lu\n", what, GetLastError());
    return 1;
}

int main(int count, char **arguments) {
    if (count != 2) return 2;
    came = CreateEventA(NULL, TRUE, FALSE, NULL);
    if (strcmp(arguments[1], "wait") == 0) {
        SetConsoleCtrlHandler(on_event, TRUE);
        puts("ready");
        fflush(stdout);
        return WaitForSingleObject(came, 60000) == WAIT_OBJECT_0 ? 7 : 8;
    }
    SECURITY_ATTRIBUTES inherited = {.nLength = sizeof inherited, .bInheritHandle = TRUE};
    STARTUPINFOA start = {.cb = sizeof start, .dwFlags = STARTF_USESTDHANDLES, .hStdError = GetStdHandle(STD_ERROR_HANDLE)};
    PROCESS_INFORMATION process;
    HANDLE output;
    char line[64];
    DWORD got, status = 0;
    FreeConsole();
    if (!AllocConsole()) return fail("AllocConsole");
    SetConsoleCtrlHandler(on_event, TRUE);
    if (!CreatePipe(&output, &start.hStdOutput, &inherited, 0)) return fail("CreatePipe");
    if (!CreateProcessA(NULL, arguments[1], NULL, NULL, TRUE, 0, NULL, NULL, &start, &process)) return fail("CreateProcess");
    CloseHandle(start.hStdOutput);
    if (!ReadFile(output, line, sizeof line, &got, NULL)) return fail("the command has printed nothing");
    if (!GenerateConsoleCtrlEvent(CTRL_C_EVENT, 0)) return fail("GenerateConsoleCtrlEvent");
    if (WaitForSingleObject(process.hProcess, 60000) != WAIT_OBJECT_0) return fail("the command goes on");
    GetExitCodeProcess(process.hProcess, &status);
    printf("ended with %lu\n", status);
    return 0;
}
